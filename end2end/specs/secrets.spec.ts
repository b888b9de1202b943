// Where the tokens are not: the access token lives in the page's memory, the refresh token in an HttpOnly cookie.
import type { Page } from '@playwright/test';
import {
  indexedDbRecords,
  pendingActions,
  scriptReadableState,
  storageContents,
  tokenParts,
} from '../support/browser-storage';
import { api, hintCookie, hintOwner, pages, pendingAction, pendingAttempt, refreshCookie } from '../support/contract';
import { getCookie, ticket } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import { holdRequests } from '../support/network-faults';
import { sharedKey } from '../support/network-log';
import { openSettings } from '../support/settings';
import { callTheApi, expectAccountOf, expectCallResult, open, sendLogin } from '../support/users';

/**
 * One action is unanswered: one record of this name is stored, the same in localStorage and in IndexedDB. It is the
 * idempotency key and a digest of 64 bits, salted with the key.
 */
async function expectOneRecord(page: Page, name: string, key: string): Promise<void> {
  const copies = await pendingActions(page);
  expect(Object.keys(copies)).toEqual([name]);
  const record = copies[name] ?? '';
  expect((await indexedDbRecords(page)).flat(2)).toEqual([record]);
  expect(record).toMatch(/^[0-9a-f]{32} [0-9a-f]{16}$/);
  expect(record.split(' ')[0]).toBe(key);
}

/** No action and no attempt is unanswered. */
async function expectNoRecord(page: Page): Promise<void> {
  expect(await pendingActions(page)).toEqual({});
  expect((await indexedDbRecords(page)).flat(2)).toEqual([]);
}

test('no token is in storage, in a readable cookie, in an address or in the document', async ({
  account,
  context,
  user,
  networkLog,
}) => {
  const tickets = [await ticket(context)];
  await callTheApi(account);
  await account.reload();
  await expectAccountOf(account, user);
  tickets.push(await ticket(context));
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');

  const tokens = await networkLog.accessTokens();
  expect(tokens, 'one from login and one from the refresh').toHaveLength(2);
  const readable = await scriptReadableState(account);
  for (const secret of [...tokens.flatMap(tokenParts), ...tickets]) {
    expect(secret.length).toBeGreaterThan(40);
    expect(readable).not.toContain(secret);
  }
  const addresses = networkLog.urls.join('\n');
  for (const secret of [...tokens.flatMap(tokenParts), ...tickets, user.password]) {
    expect(addresses).not.toContain(secret);
  }
  // Control: the search finds what is stored.
  expect(readable).toContain(hintCookie);
  expect(readable).toContain(user.email);
  expect(addresses).toContain(api.me);
});

test('the search finds a token in every place where a page could leak it', async ({ account, networkLog }) => {
  const token = await networkLog.accessToken();
  const places: Record<string, (token: string) => unknown> = {
    localStorage: (it) => localStorage.setItem('token', it),
    sessionStorage: (it) => sessionStorage.setItem('token', it),
    document: (it) => document.body.setAttribute('data-token', it),
    address: (it) => history.replaceState(null, '', `#${it}`),
    cookie: (it) => (document.cookie = `token=${it}; path=/`),
    database: async (it) =>
      new Promise<void>((done) => {
        const opening = indexedDB.open('tokens');
        opening.onupgradeneeded = () => opening.result.createObjectStore('tokens');
        opening.onsuccess = () => {
          const change = opening.result.transaction('tokens', 'readwrite');
          change.objectStore('tokens').put(it, 1);
          change.oncomplete = () => {
            opening.result.close();
            done();
          };
        };
      }),
  };
  for (const [place, put] of Object.entries(places)) {
    await account.evaluate(put, `${place}:${token}`);
    expect(await scriptReadableState(account), place).toContain(`${place}:${token}`);
  }
});

test('while a refresh is unanswered its attempt key is stored, and that is no token', async ({
  account,
  context,
  networkLog,
}) => {
  const presented = await ticket(context);
  const gate = await holdRequests(account, api.refresh);
  await account.reload();
  await expect.poll(() => gate.arrived).toBe(1);
  const kept = await account.evaluate(() => ({ ...localStorage }));
  const key = networkLog.refreshes()[0]?.attemptKey;
  expect(kept).toEqual({ [pendingAttempt]: key, [hintOwner]: 'own' });
  expect(presented).not.toContain(key);
  expect(key).toMatch(/^[0-9a-f]{32}$/);
});

test('while a login is unanswered one record is stored, which holds neither email address nor password', async ({
  page,
  user,
  networkLog,
}) => {
  await open(page, pages.login);
  const gate = await holdRequests(page, api.login);
  await sendLogin(page, user);
  await expect.poll(() => gate.arrived).toBe(1);
  await expectOneRecord(page, `${pendingAction}login`, sharedKey(networkLog.to(api.login)));
  const stored = await storageContents(page);
  for (const secret of [user.email, user.password]) expect(stored).not.toContain(secret);
  gate.open();
  await expectAccountOf(page, user);
  await expectNoRecord(page);
});

test("while a change is unanswered one record is stored, which holds neither a token nor the user's input", async ({
  account,
  context,
  user,
  networkLog,
}) => {
  await openSettings(account);
  const gate = await holdRequests(account, api.name);
  const name = 'Grace Passer';
  await account.getByRole('textbox', { name: 'Name (optional)' }).fill(name);
  await account.getByRole('button', { name: 'Change name' }).click();
  await expect.poll(() => gate.arrived).toBe(1);
  await expectOneRecord(account, `${pendingAction}name`, sharedKey(networkLog.to(api.name)));
  const tokens = (await networkLog.accessTokens()).flatMap(tokenParts);
  expect(tokens).not.toEqual([]);
  const stored = await storageContents(account);
  for (const secret of [...tokens, await ticket(context), user.email, user.password, name]) {
    expect(stored).not.toContain(secret);
  }
  // Control: the search finds what is stored.
  expect(stored).toContain(hintOwner);
  gate.open();
  await expect(account.getByText('Your name is changed.')).toBeVisible();
  await expectNoRecord(account);
});

test('the cookies have the attributes of the contract', async ({ context, page, user }) => {
  await open(page, pages.login);
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  const answered = page.waitForResponse((it) => it.url().endsWith(api.login));
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  const headers = await (await answered).headersArray();
  const lines = headers.filter((it) => it.name.toLowerCase() === 'set-cookie');
  const attributes = lines.map((it) => it.value.split('; ').slice(1).sort());
  const week = 'Max-Age=604800';
  expect(attributes).toEqual([
    ['HttpOnly', week, 'Path=/', 'SameSite=Strict', 'Secure'].sort(),
    [week, 'Path=/', 'SameSite=Lax', 'Secure'].sort(),
    // The device cookie: it is no login credential.
    ['HttpOnly', 'Max-Age=34560000', 'Path=/', 'SameSite=Strict', 'Secure'].sort(),
  ]);

  await expectAccountOf(page, user);
  const common = { domain: 'localhost', path: '/', secure: true };
  expect(await getCookie(context, refreshCookie)).toMatchObject({
    ...common,
    httpOnly: true,
    sameSite: 'Strict',
  });
  expect(await getCookie(context, hintCookie)).toMatchObject({
    ...common,
    httpOnly: false,
    sameSite: 'Lax',
    value: '1',
  });
  expect(await page.evaluate(() => document.cookie)).toBe(`${hintCookie}=1`);
});

test('a script can neither read nor replace the refresh cookie', async ({ account, context }) => {
  const before = await ticket(context);
  await account.evaluate((name) => {
    document.cookie = `${name}=planted; Secure; Path=/; SameSite=Strict`;
    document.cookie = `${name}=; Secure; Path=/; Max-Age=0`;
  }, refreshCookie);
  expect(await ticket(context)).toBe(before);
  expect(await account.evaluate(() => document.cookie)).not.toContain(before);
});

test('the cookie alone opens no protected call', async ({ account }) => {
  const status = await account.evaluate(async (path) => (await fetch(path, { credentials: 'include' })).status, api.me);
  expect(status).toBe(401);
});
