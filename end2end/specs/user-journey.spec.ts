// Every page in a browser as users have it: an extension changes and translates each document, and a second server's
// cookies are in the same jar; or the browser keeps no cookies.
import type { BrowserContext, Page } from '@playwright/test';
import { pages } from '../support/contract';
import { domMutations, translatePage } from '../support/dom-mutations';
import { expect, test } from '../support/fixtures';
import { expectNoticeWith, withCookiesBlocked } from '../support/no-cookies';
import { Server } from '../support/server';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  expectNotice,
  logOut,
  newUser,
  open,
  registerUser,
  sendLogin,
  type User,
  waitForHydration,
} from '../support/users';

const behindLogin = [
  { link: 'Sessions', path: pages.sessions, heading: 'Active sessions' },
  { link: 'Activity', path: pages.activity, heading: 'Security activity' },
  { link: 'Settings', path: pages.settings, heading: 'Your settings' },
  { link: 'Overview', path: pages.account, heading: 'Your account' },
];

/** What an extension does to every document before its scripts start. */
async function withAnExtension(context: BrowserContext): Promise<void> {
  const all = [...Object.values(domMutations), translatePage].map((change) => `(${change})();`).join('\n');
  await context.addInitScript(`addEventListener('DOMContentLoaded', () => { ${all} });`);
}

const ordinary = { accessTokenSeconds: 900, limits: 'off', recentLoginSeconds: 900 } as const;
const keptNoCookie = 'This browser kept no cookie of your login';

/** A page of another server, whose cookies would be in the same jar. */
async function logInBeside(context: BrowserContext, origin: string, user: User): Promise<Page> {
  const page = await context.newPage();
  await open(page, origin + pages.login);
  await sendLogin(page, user);
  await expect(page).toHaveURL(origin + pages.account);
  await expect(page.getByRole('main')).toContainText(user.email);
  return page;
}

async function expectPage(page: Page, heading: string): Promise<void> {
  await expect(page.getByRole('heading', { name: heading, level: 1 })).toBeVisible();
  await expect(page.locator('.start-note')).toBeHidden();
}

async function register(page: Page): Promise<User> {
  const user = newUser();
  await open(page, pages.register);
  await expectPage(page, 'Create your account');
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectAccountOf(page, user);
  return user;
}

/** By links, so that the access token in memory stays. */
async function visitEach(page: Page): Promise<void> {
  const links = page.getByRole('navigation', { name: 'Your account' });
  for (const { link, heading } of behindLogin) {
    await links.getByRole('link', { name: link }).click();
    await expectPage(page, heading);
    await expect(page.locator('.skeleton')).toHaveCount(0);
  }
  await callTheApi(page);
  await expectCallResult(page, 'Answered in one try.');
}

async function visitLoggedOut(page: Page): Promise<void> {
  await open(page, pages.home);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await open(page, pages.notFound);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await open(page, pages.settings);
  await expectPage(page, 'Log in');
}

test('every page works in a changed and translated document, with a second server beside it', async ({
  consoleErrors,
  context,
  page,
  playwright,
}) => {
  test.slow();
  consoleErrors.allow(new RegExp(`404 .*${pages.notFound}`));
  const second = await Server.start(ordinary);
  try {
    const there = await registerUser(playwright.request, second.origin);
    const beside = await logInBeside(context, second.origin, there);

    await withAnExtension(context);
    await visitLoggedOut(page);
    const user = await register(page);
    await visitEach(page);
    for (const { path, heading } of behindLogin) {
      await open(page, path);
      await expectPage(page, heading);
    }
    await logOut(page);
    await expectNotice(page, /You are logged out/);
    await sendLogin(page, { ...user, password: 'a wrong password, mistyped' });
    await expect(page.locator('.form-alert')).toBeVisible();
    await sendLogin(page, user);
    await expectAccountOf(page, user);

    await beside.reload();
    await waitForHydration(beside);
    await expect(beside.getByRole('main')).toContainText(there.email);
    await visitEach(beside);
  } finally {
    await second.discard();
  }
});

test('every page works in a changed and translated document without cookies, with a second server beside it', async ({
  playwright,
  server,
}) => {
  test.slow();
  const second = await Server.start(ordinary);
  try {
    const there = await registerUser(playwright.request, second.origin);
    await withCookiesBlocked(server.origin, async (context) => {
      await withAnExtension(context);
      const beside = await logInBeside(context, second.origin, there);
      await expectNoticeWith(beside, keptNoCookie);
      const page = await context.newPage();
      await visitLoggedOut(page);
      const user = await register(page);
      await expectNoticeWith(page, keptNoCookie);
      await visitEach(page);
      await logOut(page);
      await expectNotice(page, /You are logged out/);
      // Each page has a session of its own server, for as long as it stays open.
      await visitEach(beside);
      await expectNoticeWith(beside, keptNoCookie);
      await sendLogin(page, user);
      await expectAccountOf(page, user);
      await logOut(beside);
      await expectNotice(beside, /You are logged out/);
      await visitEach(page);
      await expectNoticeWith(page, keptNoCookie);
    });
  } finally {
    await second.discard();
  }
});
