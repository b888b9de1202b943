// Everything a script in the page, an extension, or whoever borrows the computer could read
// without asking the server. One string, to be searched for secrets.
import type { Page } from '@playwright/test';
import { pendingAction } from './contract';

export async function everythingReadable(page: Page): Promise<string> {
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
  return JSON.stringify([traces, await databaseRecords(page)]);
}

/** All that scripts of this origin have stored. One string, as above. */
export async function everythingStored(page: Page): Promise<string> {
  const stored = await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }]);
  return JSON.stringify([stored, await databaseRecords(page)]);
}

/** The records of actions that have not been answered: their copies in localStorage, by name. */
export async function pendingActions(page: Page): Promise<Record<string, string>> {
  return page.evaluate((prefix) => {
    const stored = Object.entries({ ...localStorage });
    return Object.fromEntries(stored.filter(([name]) => name.startsWith(prefix)));
  }, pendingAction);
}

/** Every record of every IndexedDB database, by database and store. */
export async function databaseRecords(page: Page): Promise<unknown[][][]> {
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
export function partsOf(token: string): string[] {
  const [, payload, signature] = token.split('.');
  return [token, payload, signature].filter((part) => part !== undefined);
}
