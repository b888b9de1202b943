// Everything a script in the page, an extension, or whoever borrows the computer could read
// without asking the server. One string, to be searched for secrets.
import type { Page } from '@playwright/test';
import { pendingAction } from './contract';

export async function scriptReadableState(page: Page): Promise<string> {
  const traces = await page.evaluate(async () => {
    const entries = (storage: Storage) => Object.entries({ ...storage });
    const inputs = [...document.querySelectorAll('input')].map((it) => it.value);
    return {
      localStorage: entries(localStorage),
      sessionStorage: entries(sessionStorage),
      caches: await caches.keys(),
      cookies: document.cookie,
      address: location.href,
      history: JSON.stringify(history.state),
      referrer: document.referrer,
      windowName: window.name,
      title: document.title,
      inputs,
      requests: performance.getEntries().map((it) => it.name),
      document: document.documentElement.outerHTML,
    };
  });
  return JSON.stringify([traces, await indexedDbRecords(page)]);
}

/** All that scripts of this origin have stored. One string, as above. */
export async function storageContents(page: Page): Promise<string> {
  const stored = await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }]);
  return JSON.stringify([stored, await indexedDbRecords(page)]);
}

/** The records of actions that have not been answered: their copies in localStorage, by name. */
export async function pendingActions(page: Page): Promise<Record<string, string>> {
  return page.evaluate((prefix) => {
    const stored = Object.entries({ ...localStorage });
    return Object.fromEntries(stored.filter(([name]) => name.startsWith(prefix)));
  }, pendingAction);
}

/** Every record of every IndexedDB database, by database and store. */
export async function indexedDbRecords(page: Page): Promise<unknown[][][]> {
  return page.evaluate(async () => {
    const databases = await indexedDB.databases();
    return Promise.all(databases.map(({ name }) => contents(name ?? '')));

    async function contents(name: string): Promise<unknown[][]> {
      const settled = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await settled(indexedDB.open(name));
      const stores = [...database.objectStoreNames];
      const records = await Promise.all(
        stores.map((store) => settled(database.transaction(store).objectStore(store).getAll())),
      );
      database.close();
      return records;
    }
  });
}

/** What of a token must be nowhere: the whole, and each part that identifies it. */
export function tokenParts(token: string): string[] {
  const [, payload, signature] = token.split('.');
  return [token, payload, signature].filter((part) => part !== undefined);
}

/** Writes what a page may keep of a session: an attempt whose answer is awaited, a question that was put off. */
export async function storeSessionState(page: Page): Promise<void> {
  await page.evaluate(() => {
    localStorage.setItem('baton.attempt', '8e03978e-40d5-43e8-bc93-6894a57f9324');
    localStorage.setItem('baton.dismissed', '1');
  });
}

/** Writes what a page keeps of an action whose answer is awaited: a record of its database, and a copy. */
export async function storePendingAction(page: Page): Promise<void> {
  await page.evaluate(async (name) => {
    const key = Date.now().toString(16).padStart(12, '0').padEnd(32, '0');
    const record = `${key} 0123456789abcdef`;
    localStorage.setItem(name, record);
    await new Promise<void>((done, failed) => {
      const opening = indexedDB.open('baton', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('attempt');
      opening.onerror = () => failed(opening.error);
      opening.onsuccess = () => {
        const change = opening.result.transaction('attempt', 'readwrite');
        change.objectStore('attempt').put(record, name);
        change.onabort = () => failed(change.error);
        change.oncomplete = () => {
          opening.result.close();
          done();
        };
      };
    });
  }, `${pendingAction}name`);
}

/** The names of all that scripts of this origin keep, and what their databases hold. */
export async function storedKeys(page: Page): Promise<string[]> {
  const names = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
  return [...names, ...(await indexedDbRecords(page)).flat(2).map(String)];
}
