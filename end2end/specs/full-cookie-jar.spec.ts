// A full cookie jar: cookies of other programs, or of earlier versions.
import type { BrowserContext } from '@playwright/test';
import { devicesCookie, legacyDeviceCookie, pages } from '../support/contract';
import { getCookie, setCookiesByAnotherServer } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  expectNotice,
  logIn,
  logOut,
  open,
  sendLogin,
} from '../support/users';

/** As many cookies as a browser keeps of one host beside ours, each of the largest size: 660 KB in all. */
async function fillCookieJar(context: BrowserContext, origin: string): Promise<void> {
  const cookies = Array.from({ length: 165 }, (_, number) => ({
    name: `other${number}`,
    value: 'y'.repeat(4_000),
    url: origin,
  }));
  await context.addCookies(cookies);
  expect((await context.cookies(origin)).length).toBeGreaterThanOrEqual(165);
}

async function countLegacyCookies(context: BrowserContext): Promise<number> {
  return (await context.cookies()).filter((it) => it.name.startsWith(legacyDeviceCookie)).length;
}

test("a cookie jar full of other programs' cookies locks no user out", async ({ context, page, server, user }) => {
  await fillCookieJar(context, server.origin);
  await logIn(page, user);
  await callTheApi(page);
  await expectCallResult(page, 'Answered in one try.');
  await page.reload();
  await expectAccountOf(page, user);
  await logOut(page);
  await expectNotice(page, 'You are logged out.');
  expect(await getCookie(context, devicesCookie)).toBeDefined();
  expect((await context.cookies()).filter((it) => it.name.startsWith('other')).length).toBe(165);
});

test('a user who was logged in when the cookie jar filled up stays logged in, and can log out', async ({
  account,
  context,
  server,
  user,
}) => {
  await fillCookieJar(context, server.origin);
  await account.reload();
  await expectAccountOf(account, user);
  await logOut(account);
  await expectNotice(account, 'You are logged out.');
  await account.reload();
  await expect(account.getByRole('heading', { level: 1 })).toHaveText('Log in');
});

test('150 device cookies of an earlier version lock no user out, and are removed', async ({ context, page, user }) => {
  const names = Array.from({ length: 150 }, (_, number) => number.toString(16).padStart(8, '0'));
  await setCookiesByAnotherServer(
    page,
    names.map((name) => `${legacyDeviceCookie}${name}=${'A'.repeat(76)}; Path=/; Secure; HttpOnly`),
  );
  expect(await countLegacyCookies(context)).toBe(150);
  await logIn(page, user);
  expect(await countLegacyCookies(context)).toBe(150 - 12);
  await logOut(page);
  await expectNotice(page, 'You are logged out.');
  await sendLogin(page, user);
  await expectAccountOf(page, user);
  expect(await countLegacyCookies(context)).toBe(150 - 24);
  const list = await getCookie(context, devicesCookie);
  expect(devicesCookie.length + 1 + (list?.value.length ?? Infinity)).toBeLessThanOrEqual(1_024);
});

test('a request that is too large gets an error page, and clears no cookie', async ({
  account,
  consoleErrors,
  context,
  user,
}) => {
  consoleErrors.allow(/status of 4(14|31)/);
  const before = await context.cookies();
  await account.setExtraHTTPHeaders({ 'X-Added': 'y'.repeat(100_000) });
  expect((await account.goto(pages.account))?.status()).toBe(431);
  await expect(account).toHaveTitle('The request is too large · Baton');
  await expect(account.getByRole('main')).toMatchAriaSnapshot(`
    - paragraph: Baton
    - heading "The request is too large" [level=1]
    - paragraph: /if you are logged in, you still are/
    - paragraph:
      - link "Go to the start page":
        - /url: /
    - paragraph: /^Request [0-9a-f]{16}$/
  `);
  await account.setExtraHTTPHeaders({});
  expect((await account.goto(`${pages.login}?next=/${'y'.repeat(100_000)}`))?.status()).toBe(414);
  await expect(account.getByRole('heading', { level: 1 })).toHaveText('This address is too long');
  expect(await context.cookies()).toEqual(before);
  await account.getByRole('link', { name: 'Go to the start page' }).click();
  await expect(account).toHaveURL(pages.home);
  await open(account, pages.account);
  await expectAccountOf(account, user);
});
