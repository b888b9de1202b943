// Two servers on one host share the browser's cookie jar, because cookies ignore ports.
import type { Page } from '@playwright/test';
import { hintCookie, pages, refreshCookie } from '../support/contract';
import { test as base, expect } from '../support/fixtures';
import { Server } from '../support/server';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  logOut,
  open,
  registerUser,
  sendLogin,
  type User,
} from '../support/users';

const test = base.extend<{ second: Server; there: User }>({
  second: async ({ accessTokenSeconds, limits, recentLoginSeconds }, use) => {
    const second = await Server.start({ accessTokenSeconds, limits, recentLoginSeconds });
    await use(second);
    await second.discard();
  },
  there: async ({ playwright, second }, use) => use(await registerUser(playwright.request, second.origin)),
});

async function logInThere(page: Page, second: Server, there: User): Promise<void> {
  await open(page, second.origin + pages.login);
  await sendLogin(page, there);
  await expect(page).toHaveURL(second.origin + pages.account);
  await expect(page.getByRole('main')).toContainText(there.email);
}

test('both sessions survive reloads', async ({ account, context, second, there, user, networkLog }) => {
  const other = await context.newPage();
  await logInThere(other, second, there);
  networkLog.clear();
  // A reloaded page has no access token: it refreshes.
  for (let round = 0; round < 2; round += 1) {
    for (const page of [account, other]) {
      await page.reload();
      await expect(page.getByRole('heading', { name: 'Your account', level: 1 })).toBeVisible();
    }
    await expectAccountOf(account, user);
    await expect(other.getByRole('main')).toContainText(there.email);
  }
  await callTheApi(other);
  await expectCallResult(other, /./);
  expect(networkLog.refreshOutcomes()).not.toContain(401);
});

test('a visit without a session signs no user out of the other server, and reports no revocation', async ({
  account,
  context,
  second,
  user,
}) => {
  const visitor = await context.newPage();
  await open(visitor, second.origin + pages.account);
  await expect(visitor.getByRole('heading', { name: 'Log in', level: 1 })).toBeVisible();
  await expect(visitor.locator('.notices')).not.toContainText('session');
  await open(visitor, second.origin + pages.home);
  const names = (await context.cookies()).map((cookie) => cookie.name);
  expect(names).toEqual(expect.arrayContaining([refreshCookie, hintCookie]));
  await account.reload();
  await expectAccountOf(account, user);
});

test('a logout leaves the other session alone, on either side', async ({ account, context, second, there, user }) => {
  const other = await context.newPage();
  await logInThere(other, second, there);
  await logOut(other);
  await expect(other).toHaveURL(second.origin + pages.login);
  await expect(other.locator('.notices')).toContainText('You are logged out');
  await account.reload();
  await expectAccountOf(account, user);
  await logInThere(other, second, there);
  await logOut(account);
  await expect(account).toHaveURL(pages.login);
  await other.reload();
  await expect(other.getByRole('main')).toContainText(there.email);
});

test('cookies that were lost while no page was open cost the other server no session', async ({
  account,
  context,
  second,
  there,
}) => {
  await context.clearCookies();
  const other = await context.newPage();
  await account.close();
  await logInThere(other, second, there);
  const visitor = await context.newPage();
  await open(visitor, pages.account);
  await expect(visitor.getByRole('heading', { name: 'Log in', level: 1 })).toBeVisible();
  const names = (await context.cookies()).map((cookie) => cookie.name);
  expect(names).toEqual(expect.arrayContaining([refreshCookie, hintCookie]));
  await other.reload();
  await expect(other.getByRole('heading', { name: 'Your account', level: 1 })).toBeVisible();
  await expect(other.getByRole('main')).toContainText(there.email);
});
