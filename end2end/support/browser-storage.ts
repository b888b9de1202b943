// Browser state that a script in the page, an extension, or a user of the computer could read without the server. One
// string, to search for secrets.
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

/** All that scripts of this origin have stored, as one string. */
export async function storageContents(page: Page): Promise<string> {
  const stored = await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }]);
  return JSON.stringify([stored, await indexedDbRecords(page)]);
}

/** The records of unanswered actions: their copies in localStorage, by name. */
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

/** The parts of a token to search for: the whole JWT, and each part that identifies it. */
export function tokenParts(token: string): string[] {
  const [, payload, signature] = token.split('.');
  return [token, payload, signature].filter((part) => part !== undefined);
}

/** Stores what a page may keep of a session: the key of an unanswered attempt, and a dismissed login alert. */
export async function storeSessionState(page: Page): Promise<void> {
  await page.evaluate(() => {
    localStorage.setItem('baton.attempt', '8e03978e-40d5-43e8-bc93-6894a57f9324');
    localStorage.setItem('baton.dismissed', '1');
  });
}

/** Stores the record of an unanswered action, in IndexedDB and its copy in localStorage. */
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

/** The storage keys of this origin, and the contents of its databases. */
export async function storedKeys(page: Page): Promise<string[]> {
  const names = await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]);
  return [...names, ...(await indexedDbRecords(page)).flat(2).map(String)];
}
