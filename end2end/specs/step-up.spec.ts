// Step-up (RFC 9470): sensitive calls require the password again, and are then retried by the page.
import type { Page } from '@playwright/test';
import { pendingActions, scriptReadableState } from '../support/browser-storage';
import { api, pages, pendingAttempt } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { loseNextAnswer, mockNextResponse, problem } from '../support/network-faults';
import { sharedKey } from '../support/network-log';
import { IPHONE, logInOnAnotherDevice, SHORT_RECENT_LOGIN_SECONDS, waitUntilStepUpRequired } from '../support/sessions';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice, logOut, open, sendLogin } from '../support/users';

test.use({ recentLoginSeconds: SHORT_RECENT_LOGIN_SECONDS });

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Enter your password' });
const field = (page: Page) => dialog(page).getByLabel('Password', { exact: true });
const go = (page: Page) => dialog(page).getByRole('button', { name: 'Continue' });
const end = (page: Page) => page.getByRole('button', { name: 'Log out device' });

test.describe('revoking a session long after login', () => {
  test.beforeEach(async ({ account, browser, request, server, user, networkLog }) => {
    await (await logInOnAnotherDevice(browser, server.origin, user)).context().close();
    await waitUntilStepUpRequired(networkLog, request);
    await open(account, pages.sessions);
    await expect(account.locator('.session-card')).toHaveCount(2);
    networkLog.clear();
    await end(account).click();
    await expect(dialog(account)).toBeVisible();
  });

  test('takes the password, and is then done', async ({ account, user, networkLog }) => {
    await expect(field(account)).toBeFocused();
    await expect(dialog(account)).toHaveAccessibleDescription(/^This is for you alone/);
    await field(account).fill(`${user.password}?`);
    await go(account).click();
    await expect(dialog(account)).toContainText('This is not your password. Try again.');
    await expect(field(account)).toBeFocused();
    await expect(account.locator('.session-card')).toHaveCount(2);

    await field(account).fill(user.password);
    await field(account).press('Enter');
    await expect(dialog(account)).toBeHidden();
    await expect(account.locator('.session-card')).toHaveCount(1);
    await expect(account.getByRole('heading', { level: 1 })).toBeFocused();
    const lines = networkLog.lines().map((line) => line.replace(/[0-9a-f-]{36}/, 'ID'));
    expect(lines).toEqual([
      `DELETE ${api.sessions}/ID 401`,
      `POST ${api.confirm} 401`,
      `POST ${api.confirm} 200`,
      `DELETE ${api.sessions}/ID 204`,
    ]);
    // One attempt until it was answered; then none is pending. The call keeps its idempotency key across the step-up.
    expect(new Set(networkLog.to(api.confirm).map((it) => it.attemptKey)).size).toBe(1);
    expect(await account.evaluate((it) => localStorage.getItem(it), pendingAttempt)).toBeNull();
    const calls = networkLog.exchanges.filter((it) => it.method === 'DELETE');
    expect(sharedKey(calls)).not.toBe(sharedKey(networkLog.to(api.confirm)));
    expect(await pendingActions(account)).toEqual({});
    // The page no longer holds the password.
    expect(await scriptReadableState(account)).not.toContain(user.password);
  });

  test('is not done when the user cancels, and the focus returns', async ({ account, networkLog }) => {
    await account.keyboard.press('Escape');
    await expect(dialog(account)).toBeHidden();
    await expect(end(account)).toBeFocused();
    await expect(account.getByRole('status')).toHaveText(/^Nothing was done:/);
    await expect(account.locator('.session-card')).toHaveCount(2);
    expect(networkLog.lines()).toHaveLength(1);
    expect(await pendingActions(account)).toEqual({});
    // A second try opens the dialog again.
    await end(account).press('Enter');
    await expect(field(account)).toBeFocused();
    await dialog(account).getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog(account)).toBeHidden();
    await expect(end(account)).toBeFocused();
  });

  test('keeps the keyboard inside the dialog', async ({ account }) => {
    for (let presses = 0; presses < 8; presses += 1) {
      await account.keyboard.press('Tab');
      // The browser's own controls come between; they are no elements of the page.
      const outside = await account.evaluate(
        () => document.activeElement !== document.body && !document.activeElement?.closest('dialog'),
      );
      expect(outside).toBe(false);
    }
  });

  test('says how long to wait after too many tries', async ({ account, user }) => {
    const limited = { ...problem(429, 'rate_limited'), headers: { 'Retry-After': '2' } };
    await mockNextResponse(account, api.confirm, limited);
    await field(account).fill(user.password);
    await go(account).click();
    await expect(dialog(account).getByRole('alert')).toHaveText('There were too many attempts.');
    await expect(dialog(account).getByRole('timer')).toHaveText(/^Try again in/);
    await expect(dialog(account)).toContainText('You can try again now.');
    await go(account).click();
    await expect(dialog(account)).toBeHidden();
    await expect(account.locator('.session-card')).toHaveCount(1);
  });

  test('says what helps a session that is locked out, instead of counting', async ({ account, user, networkLog }) => {
    const lockout = problem(429, 'rate_limited', { limited_by: 'session_lockout' });
    const limited = { ...lockout, headers: { 'Retry-After': '31536000' } };
    await mockNextResponse(account, api.confirm, limited);
    await field(account).fill(user.password);
    await go(account).click();
    await expect(dialog(account).getByRole('alert')).toHaveText(
      'Too many passwords in a row were wrong, so this session can try no more. Log out, and log in again.',
    );
    await expect(dialog(account).getByRole('timer')).toHaveCount(0);
    await expect(go(account)).not.toHaveAttribute('aria-disabled');
    await dialog(account).getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog(account)).toBeHidden();
    await expect(account.locator('.session-card')).toHaveCount(2);
    // The session is valid until its user logs out.
    await logOut(account);
    await expectNotice(account, 'You are logged out.');
    await sendLogin(account, user);
    await expectAccountOf(account, user);
    const calls = [api.confirm, api.logout, api.login].flatMap((path) => networkLog.to(path));
    expect(calls.map((it) => it.outcome)).toEqual([429, 204, 200]);
  });

  test('survives an answer that is lost: the same attempt is retried', async ({
    account,
    playwright,
    server,
    user,
    networkLog,
  }) => {
    const lost = await loseNextAnswer(account, playwright.request, server.origin, 'may retry', api.confirm);
    await field(account).fill(user.password);
    await go(account).click();
    expect((await lost.answer).status).toBe(200);
    await expect(dialog(account)).toBeHidden();
    await expect(account.locator('.session-card')).toHaveCount(1);
    const attempts = networkLog.to(api.confirm);
    expect(attempts.map((it) => it.outcome)).toEqual(['lost', 200]);
    expect(attempts[1]?.attemptKey).toBe(attempts[0]?.attemptKey);
  });

  test('closes when the session is logged out in another tab', async ({ account, context, user }) => {
    const other = await context.newPage();
    await open(other, pages.home);
    await other.getByRole('button', { name: 'Log out', exact: true }).click();
    await expectNotice(other, 'You are logged out.');
    await expect(dialog(account)).toBeHidden();
    await expect(account).toHaveURL('/login?next=%2Fsessions');
    await expect(account.locator('body')).not.toContainText(user.email);
  });
});

test('a session that is used on another device is kept, and requires a step-up', async ({
  account,
  context,
  user,
  networkLog,
}) => {
  networkLog.clear();
  await context.setExtraHTTPHeaders({ 'User-Agent': IPHONE });
  await account.reload();
  await expect(dialog(account)).toBeVisible();
  await expect(dialog(account)).toHaveAccessibleDescription(
    /in another browser, on another device or in another place/,
  );
  await account.keyboard.press('Escape');
  await expect(dialog(account)).toBeHidden();
  await expectNotice(account, /^Your session is kept, but it was used in another browser/);
  await expect(account).toHaveURL(pages.account);
  // The page does not retry by itself.
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.refresh} 401`]);

  await account.getByRole('button', { name: 'Enter password' }).click();
  await field(account).fill(user.password);
  await go(account).click();
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
  const keys = networkLog.exchanges.map((it) => it.attemptKey);
  expect(new Set(keys).size, 'the key of the refresh is that of the password').toBe(1);
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');
  networkLog.clear();
  await account.reload();
  await expectAccountOf(account, user);
  expect(networkLog.refreshOutcomes()).toEqual([200]);
});

test('a user who does not know the password of a session that requires a step-up can log out', async ({
  account,
  context,
}) => {
  await context.setExtraHTTPHeaders({ 'User-Agent': IPHONE });
  await account.reload();
  await dialog(account).getByRole('button', { name: 'Cancel' }).click();
  await account.getByRole('button', { name: 'Log out instead' }).click();
  await expectNotice(account, 'You are logged out.');
  await expect(account).toHaveURL(pages.login);
});
