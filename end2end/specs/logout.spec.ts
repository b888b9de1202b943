import { pendingActions, storedKeys, storePendingAction, storeSessionState } from '../support/browser-storage';
import { api, hintCookie, loginWithReturn, pages, pendingAction, refreshCookie } from '../support/contract';
import { getCookie, presentRefreshToken, ticket } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import {
  captivePortal,
  goOffline,
  holdRequests,
  mockNextResponse,
  problem,
  TRIES_PER_ACTION,
} from '../support/network-faults';
import { sharedKey } from '../support/network-log';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  expectNotice,
  logOut,
  open,
  waitForHydration,
} from '../support/users';

test('logout revokes the session at the server and deletes both cookies', async ({
  account,
  context,
  playwright,
  request,
  server,
  user,
  networkLog,
}) => {
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');
  const [last, token] = [await ticket(context), await networkLog.accessToken()];
  await storeSessionState(account);
  await storePendingAction(account);
  networkLog.clear();
  await logOut(account);
  await expect(account).toHaveURL(pages.login);
  await expectNotice(account, 'You are logged out.');
  await expect(account.locator('body')).not.toContainText(user.email);
  expect(await storedKeys(account)).toEqual([]);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.logout} 204`]);
  expect(await getCookie(context, refreshCookie)).toBeUndefined();
  expect(await getCookie(context, hintCookie)).toBeUndefined();

  // Both tokens are revoked.
  expect(await presentRefreshToken(playwright.request, server.origin, last)).toMatchObject({
    status: 401,
    code: 'invalid_grant',
  });
  const headers = { Authorization: `Bearer ${token}` };
  expect((await request.get(api.me, { headers })).status()).toBe(401);
});

test('logout in one tab logs the other out, and it says why', async ({ account, context, user, networkLog }) => {
  const other = await context.newPage();
  await other.goto(pages.account);
  await expectAccountOf(other, user);
  networkLog.clear();
  await logOut(account);
  await expect(other).toHaveURL(loginWithReturn);
  await expectNotice(other, 'You logged out in another tab, so you are logged out here as well.');
  await expect(other.locator('body')).not.toContainText(user.email);
  await expect(account).toHaveURL(pages.login);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.logout} 204`]);
});

test('a tab that opens while another tab logs out says why no user is logged in', async ({ account, context }) => {
  const gate = await holdRequests(account, api.logout);
  await logOut(account);
  await expect.poll(() => gate.arrived).toBe(1);
  const other = await context.newPage();
  await open(other, pages.account);
  await expect(other.getByText('Restoring your session…')).toBeVisible();
  gate.open();
  await expect(other).toHaveURL(loginWithReturn);
  await expectNotice(other, 'You logged out in another tab, so you are logged out here as well.');
});

test('back and forward after logout show no private data', async ({ account, user }) => {
  await account.goto(pages.home);
  await waitForHydration(account);
  await account.getByRole('link', { name: 'Account', exact: true }).click();
  await expectAccountOf(account, user);
  await account.getByRole('link', { name: 'Baton' }).click();
  await logOut(account);
  await expectNotice(account, 'You are logged out.');

  for (const step of ['back', 'back', 'back', 'forward', 'forward', 'forward'] as const) {
    await (step === 'back' ? account.goBack() : account.goForward());
    await waitForHydration(account);
    await expect(account.getByRole('link', { name: 'Register' })).toBeVisible();
    await expect(account).not.toHaveURL(pages.account);
    await expect(account.locator('body')).not.toContainText(user.email);
  }
  await account.goto(pages.account);
  await expect(account).toHaveURL(loginWithReturn);
});

test('a logout that fails is reported, and the user stays logged in', async ({ account, user, networkLog }) => {
  networkLog.clear();
  const goOnline = await goOffline(account);
  await logOut(account);
  await expectNotice(account, /^You are still logged in: The server cannot be reached\./);
  await expectAccountOf(account, user);
  expect(Object.keys(await pendingActions(account))).toEqual([`${pendingAction}logout`]);
  await goOnline();
  await logOut(account);
  await expectNotice(account, 'You are logged out.');
  const lost = Array.from({ length: TRIES_PER_ACTION }, () => `POST ${api.logout} lost`);
  await expect.poll(() => networkLog.lines()).toEqual([...lost, `POST ${api.logout} 204`]);
  expect(sharedKey(networkLog.to(api.logout))).toMatch(/^[0-9a-f]{32}$/);
  expect(await storedKeys(account)).toEqual([]);
});

test("a proxy's page in place of the server's answer is no logout", async ({ account, context, user, networkLog }) => {
  networkLog.clear();
  await mockNextResponse(account, api.logout, captivePortal, TRIES_PER_ACTION);
  await logOut(account);
  await expectNotice(
    account,
    /^You are still logged in: The server gave an answer this page does not understand \(200\)\./,
  );
  await expectAccountOf(account, user);
  expect(await getCookie(context, refreshCookie)).toBeDefined();
  await logOut(account);
  await expectNotice(account, 'You are logged out.');
  const notDone = Array.from({ length: TRIES_PER_ACTION }, () => `POST ${api.logout} 200`);
  await expect.poll(() => networkLog.lines()).toEqual([...notDone, `POST ${api.logout} 204`]);
  expect(sharedKey(networkLog.to(api.logout))).toMatch(/^[0-9a-f]{32}$/);
});

test("a proxy's page in place of one answer is not shown: the page asks again, and is logged out", async ({
  account,
  user,
  networkLog,
}) => {
  networkLog.clear();
  const gate = await holdRequests(account, api.logout);
  // Playwright asks the route added last first.
  await mockNextResponse(account, api.logout, captivePortal);
  await logOut(account);
  await expect.poll(() => gate.arrived).toBe(1);
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
  gate.open();
  await expectNotice(account, 'You are logged out.');
  await expect(account).toHaveURL(pages.login);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.logout} 200`, `POST ${api.logout} 204`]);
  expect(sharedKey(networkLog.to(api.logout))).toMatch(/^[0-9a-f]{32}$/);
});

test('a refresh in flight during logout does not bring the session back', async ({ account, context }) => {
  const other = await context.newPage();
  // Both at once: the server may see them in either order.
  await Promise.all([other.goto(pages.account), logOut(account)]);
  await expect(account).toHaveURL(pages.login);
  await expect(other).toHaveURL(loginWithReturn);
  expect(await getCookie(context, refreshCookie)).toBeUndefined();
  await open(other, pages.home);
  await expect(other.getByRole('link', { name: 'Register' })).toBeVisible();
});

test('a logout whose cookie is gone revokes the session by its access token', async ({
  account,
  context,
  playwright,
  request,
  server,
  networkLog,
}) => {
  const [last, token] = [await ticket(context), await networkLog.accessToken()];
  await context.clearCookies({ name: refreshCookie });
  await logOut(account);
  await expectNotice(account, 'You are logged out.');
  expect(await presentRefreshToken(playwright.request, server.origin, last)).toMatchObject({ status: 401 });
  const headers = { Authorization: `Bearer ${token}` };
  expect((await request.get(api.me, { headers })).status()).toBe(401);
});

test('a logout with neither cookie nor token says that the session was not reached', async ({ account, context }) => {
  await mockNextResponse(account, api.refresh, problem(401, 'insufficient_user_authentication'));
  await account.reload();
  const leave = account.getByRole('button', { name: 'Log out instead' });
  await account.getByRole('button', { name: 'Cancel' }).click();
  await context.clearCookies({ name: refreshCookie });
  await leave.click();
  await expectNotice(
    account,
    /^This browser is logged out, but its session could not be reached: .*Log in again and log it out under Sessions/,
  );
});
