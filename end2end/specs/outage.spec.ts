// The server is unreachable, or fails: the session survives every outcome but a refusal.
import type { Page } from '@playwright/test';
import { pendingActions } from '../support/browser-storage';
import { api, pages, pendingAction } from '../support/contract';
import { expect, test } from '../support/fixtures';
import {
  goOffline,
  mockNextResponse,
  mockRefreshResponses,
  outcomeUnknown,
  problem,
  TRIES_PER_ACTION,
} from '../support/network-faults';
import { sharedKey } from '../support/network-log';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice, open, sendLogin } from '../support/users';

const tryAgain = (page: Page) => page.locator('.notices').getByRole('button', { name: /Try again|Still trying/ });

test('a server that cannot be reached signs no user out, and the page says so', async ({
  account,
  user,
  networkLog,
}) => {
  const goOnline = await goOffline(account);
  await callTheApi(account);
  await expectCallResult(account, /^The server cannot be reached\. You are still logged in/);
  networkLog.clear();
  await account.reload();
  await expectNotice(account, 'The server cannot be reached. Your session is kept.');
  await expect(account).toHaveURL(pages.account);
  await expect(account.getByText('Restoring your session…')).toBeVisible();
  await expect(tryAgain(account)).toHaveText('Try again', { timeout: 10_000 });
  const tried = networkLog.refreshes();
  expect(tried.length).toBeGreaterThan(1);
  expect(new Set(tried.map((it) => it.attemptKey)).size, 'one attempt').toBe(1);

  await goOnline();
  await tryAgain(account).click();
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
  // The button is gone, and the focus moves to the heading.
  await expect(account.getByRole('heading', { level: 1 })).toBeFocused();
  expect(networkLog.refreshes().at(-1)?.attemptKey).toBe(tried[0]?.attemptKey);
});

test('a connection that comes back heals the page without a click', async ({ account, context, user }) => {
  const goOnline = await goOffline(account);
  await account.reload();
  await expect(tryAgain(account)).toHaveText('Try again', { timeout: 10_000 });
  await context.setOffline(true);
  await goOnline();
  await context.setOffline(false);
  await expectAccountOf(account, user);
});

test('a 503 on refresh is waited out with the same attempt key', async ({ account, user, networkLog }) => {
  const gate = await mockRefreshResponses(account, 2, {
    ...problem(503, 'temporarily_unavailable'),
    headers: { 'Retry-After': '1' },
  });
  networkLog.clear();
  await account.reload();
  await expect.poll(() => gate.arrived).toBe(1);
  await expectNotice(account, 'The server is not available right now. Your session is kept.');
  gate.open();
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
  await expect.poll(() => networkLog.refreshOutcomes()).toEqual([503, 503, 200]);
  expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(1);
});

for (const [what, status, contentType, body] of [
  ["a proxy's error page", 502, 'text/html', '<h1>Bad gateway</h1>'],
  ["a proxy's own 401", 401, 'text/html', '<h1>Who are you?</h1>'],
  ["a captive portal's page", 200, 'text/html', '<h1>Welcome to our wireless network</h1>'],
  ['half an answer', 200, 'application/json', '{"access_token":"eyJ'],
] as const) {
  test(`${what} is not taken for an answer of the server`, async ({ account, user, networkLog }) => {
    const gate = await mockRefreshResponses(account, 1, { status, contentType, body });
    networkLog.clear();
    await account.reload();
    await expect.poll(() => gate.arrived).toBe(1);
    await expectNotice(account, /Your session is kept\.$/);
    gate.open();
    await expectAccountOf(account, user);
    await expect.poll(() => networkLog.refreshOutcomes()).toEqual([status, 200]);
    expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(1);
  });

  test(`${what} is not taken for an answer to a login, which is sent again`, async ({ page, user, networkLog }) => {
    await open(page, pages.login);
    await mockNextResponse(page, api.login, { status, contentType, body });
    await sendLogin(page, user);
    await expectAccountOf(page, user);
    await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.login} ${status}`, `POST ${api.login} 200`]);
    expect(sharedKey(networkLog.to(api.login))).toMatch(/^[0-9a-f]{32}$/);
  });
}

test('a late copy (409) does not sign out: the page refreshes with a new key', async ({
  account,
  user,
  networkLog,
}) => {
  const gate = await mockRefreshResponses(account, 1, problem(409, 'duplicate_attempt'));
  gate.open();
  networkLog.clear();
  await account.reload();
  await expectAccountOf(account, user);
  await expect.poll(() => networkLog.refreshOutcomes()).toEqual([409, 200]);
  const [first, second] = networkLog.refreshes();
  expect(second?.attemptKey).not.toBe(first?.attemptKey);
});

test('a login that gets no answer says so, and succeeds on the second press', async ({ page, user, networkLog }) => {
  await open(page, pages.login);
  const goOnline = await goOffline(page);
  await sendLogin(page, user);
  await expect(page.getByRole('alert')).toHaveText(`The server cannot be reached. ${outcomeUnknown}`);
  // The outcome is unknown: with the stored idempotency key, the second press is a retry of the first.
  expect(Object.keys(await pendingActions(page))).toEqual([`${pendingAction}login`]);
  await goOnline();
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await expectAccountOf(page, user);
  const lost = Array.from({ length: TRIES_PER_ACTION }, () => `POST ${api.login} lost`);
  await expect.poll(() => networkLog.lines()).toEqual([...lost, `POST ${api.login} 200`]);
  expect(sharedKey(networkLog.to(api.login))).toMatch(/^[0-9a-f]{32}$/);
  expect(await pendingActions(page)).toEqual({});
});
