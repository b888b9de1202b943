// A browser that keeps no cookies: the pages warn before the password is typed, after the login, at its expiry, and
// after a reload; and they claim no more than is known.
import type { BrowserContext, Page } from '@playwright/test';
import { analyze } from '../support/axe';
import { api, loginWithReturn, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { problem } from '../support/network-faults';
import { NetworkLog } from '../support/network-log';
import {
  expectNoticeWith,
  isTokenAccepted,
  refuseSecureCookies,
  stripSetCookie,
  withCookiesBlocked,
} from '../support/no-cookies';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  expectNotice,
  logOut,
  newUser,
  open,
  sendLogin,
} from '../support/users';

const note = (page: Page) => page.getByRole('main').getByRole('status').first();
const until = /it ends at \d\d:\d\d, or with a reload\./;
const blocked = "as where a site's data is blocked in the settings";
const overHttp = 'keep none over http, not even from localhost';
async function register(page: Page) {
  const user = newUser();
  await open(page, pages.register);
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectAccountOf(page, user);
  return user;
}

test.describe('cookies blocked in the settings of the browser', () => {
  test('the login page and the registration page warn before the user types', async ({ server }) => {
    await withCookiesBlocked(server.origin, async (context) => {
      const page = await context.newPage();
      for (const path of [pages.login, pages.register]) {
        await open(page, path);
        await expect(note(page)).toContainText('did not keep a test cookie');
        await expect(note(page)).toContainText(blocked);
      }
    });
  });

  test('a new user is warned at once, on every page, and logs out by the access token', async ({ server }) => {
    await withCookiesBlocked(server.origin, async (context) => {
      const networkLog = new NetworkLog(context);
      const page = await context.newPage();
      await register(page);
      await expectNoticeWith(page, 'This browser kept no cookie of your login', until, blocked);
      await callTheApi(page);
      await expectCallResult(page, 'Answered in one try.');
      for (const name of ['Sessions', 'Activity', 'Settings']) {
        await page.getByRole('link', { name, exact: true }).click();
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expectNoticeWith(page, until);
      }
      const token = await networkLog.accessToken();
      expect(await isTokenAccepted(server.origin, token)).toBe(true);
      await logOut(page);
      await expectNotice(page, 'You are logged out.');
      expect(await isTokenAccepted(server.origin, token)).toBe(false);
      expect(networkLog.refreshes()).toEqual([]);
    });
  });

  test('after a reload the login form shows the warning', async ({ server, user }) => {
    await withCookiesBlocked(server.origin, async (context) => {
      const page = await context.newPage();
      await open(page, pages.login);
      await sendLogin(page, user);
      await expectAccountOf(page, user);
      await page.reload();
      await expect(page).toHaveURL(loginWithReturn);
      await expect(note(page)).toContainText(blocked);
    });
  });
});

for (const [what, refuse, why] of [
  ['that refuses Secure cookies over http', refuseSecureCookies, overHttp],
  [
    'whose cookies of the login are taken away',
    stripSetCookie,
    'Another cookie of this page was kept, so something removes that of the login',
  ],
] as [string, (context: BrowserContext) => Promise<void>, string][]) {
  test(`a browser ${what}: warned after login, and after a reload`, async ({ context, page, user, networkLog }) => {
    await refuse(context);
    await open(page, pages.login);
    await sendLogin(page, user);
    await expectAccountOf(page, user);
    await expectNoticeWith(page, until, why);
    await page.reload();
    await expect(page).toHaveURL(loginWithReturn);
    await expectNotice(page, /^You are not logged in any more: this browser kept no cookie of your login/);
    expect(networkLog.refreshes()).toEqual([]);
    // The notice is shown once only.
    await page.reload();
    await expect(page.locator('.notices')).toBeEmpty();
  });
}

test('a browser that refuses Secure cookies over http is warned before the login', async ({ context, page }) => {
  await refuseSecureCookies(context);
  await open(page, pages.login);
  await expect(note(page)).toContainText(overHttp);
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('a browser that keeps cookies shows no warning, and the probe is gone', async ({ account, context, page }) => {
  await expect(account.locator('.notices')).toBeEmpty();
  await logOut(account);
  await expect(note(page)).toBeEmpty();
  const names = (await context.cookies()).map((it) => it.name);
  expect(names.filter((it) => it.includes('probe'))).toEqual([]);
});

test('axe finds nothing in the warning and in the notice', async ({ context, page, user }) => {
  await refuseSecureCookies(context);
  const check = async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [320, 1280]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        expect((await analyze(page)).violations).toEqual([]);
      }
    }
  };
  await open(page, pages.login);
  await expect(note(page)).toContainText(overHttp);
  await check();
  await sendLogin(page, user);
  await expectNoticeWith(page, until);
  await check();
});

test('a sensitive call that needs a step-up says that it takes a cookie', async ({
  context,
  page,
  user,
  networkLog,
}) => {
  await refuseSecureCookies(context);
  await open(page, pages.login);
  await sendLogin(page, user);
  await expectNoticeWith(page, until);
  await page.getByRole('link', { name: 'Settings' }).click();
  const challenge = problem(401, 'insufficient_user_authentication');
  await page.route(`**${api.me}`, (route) => route.fulfill(challenge));
  await page.getByLabel('I understand').check();
  await page.getByRole('button', { name: 'Delete my account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password', { exact: true }).fill(user.password);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog).toContainText('confirming your password takes a cookie of your login');
  expect(networkLog.to(api.confirm)).toEqual([]);
});

test('a session that another device revokes in the meantime is reported as revoked', async ({
  context,
  page,
  request,
  user,
  networkLog,
}) => {
  await refuseSecureCookies(context);
  await open(page, pages.login);
  await sendLogin(page, user);
  await expectNoticeWith(page, until);
  const { email, password } = user;
  const otherLogin = await request.post(api.login, { data: { email, password } });
  const { access_token } = (await otherLogin.json()) as { access_token: string };
  const headers = { Authorization: `Bearer ${access_token}` };
  expect((await request.delete(api.sessions, { headers })).status()).toBe(204);
  await callTheApi(page);
  await expectNotice(page, /^You were logged out from another of your/);
  expect(networkLog.refreshes()).toEqual([]);
});
