// Settings: name, password, and the deletion of the account.
import type { APIRequest, Page } from '@playwright/test';
import { storedKeys, storePendingAction, storeSessionState } from '../support/browser-storage';
import { api, hintCookie, pages, pendingAttempt, refreshCookie } from '../support/contract';
import { getCookie, presentRefreshToken, ticket } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import { goOffline, loseNextAnswer, mockNextResponse, problem, TRIES_PER_ACTION } from '../support/network-faults';
import { sharedKey } from '../support/network-log';
import { logInOnAnotherDevice } from '../support/sessions';
import { changePassword, openSettings, passwordChanged } from '../support/settings';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  expectNotice,
  logIn,
  logOut,
  newUser,
  open,
  type User,
} from '../support/users';

test('the name can be changed, and taken away', async ({ account, user }) => {
  await account.getByRole('link', { name: 'Settings' }).click();
  const name = account.getByRole('textbox', { name: 'Name (optional)' });
  await expect(name).toHaveValue(user.name);
  for (const [typed, shown] of [
    ['  Grace Passer ', 'Grace Passer'],
    ['', 'not given'],
  ] as const) {
    await name.fill(typed);
    await account.getByRole('button', { name: 'Change name' }).click();
    await expect(account.getByText('Your name is changed.')).toBeVisible();
    await account.getByRole('link', { name: 'Overview' }).click();
    await expect(account.getByRole('region', { name: 'Profile' })).toContainText(shown);
    await account.getByRole('link', { name: 'Settings' }).click();
  }
  await name.fill('x'.repeat(101));
  await account.getByRole('button', { name: 'Change name' }).click();
  await expect(account.getByText('Use at most 100 characters.')).toBeVisible();
  await expect(name).toBeFocused();
});

test('a password change revokes all other sessions, and the current one remains in all of its tabs', async ({
  account,
  browser,
  context,
  playwright,
  server,
  user,
  networkLog,
}) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  const tab = await context.newPage();
  await tab.goto(pages.account);
  await expectAccountOf(tab, user);
  await openSettings(account);
  const before = await ticket(context);
  const next = newUser().password;
  networkLog.clear();
  await changePassword(account, user.password, next);
  await expect(account.getByText(passwordChanged)).toBeVisible();
  await expect(account.getByLabel('New password')).toHaveValue('');
  await expect.poll(() => networkLog.lines()).toEqual([`PUT ${api.password} 204`]);
  expect(networkLog.to(api.password)[0]?.attemptKey).toMatch(/^[0-9a-f]{32}$/);
  expect(await account.evaluate((it) => localStorage.getItem(it), pendingAttempt)).toBeNull();
  expect(await ticket(context), 'the refresh token is rotated').not.toBe(before);

  await callTheApi(otherDevice);
  await expectNotice(otherDevice, /^The password was changed in another session/);
  await otherDevice.context().close();
  for (const page of [tab, account]) {
    await open(page, pages.account);
    await callTheApi(page);
    await expectCallResult(page, 'Answered in one try.');
  }
  await logOut(account);
  await expect(account).toHaveURL(pages.login);
  await logIn(account, { ...user, password: next });
  // A copy of the earlier cookie is revoked.
  expect((await presentRefreshToken(playwright.request, server.origin, before)).status).toBe(401);
});

test('what is wrong with a change of the password is said at its field', async ({ account, user, networkLog }) => {
  await openSettings(account);
  await account.getByLabel('New password').fill('manchesterunited');
  await expect(account.getByText(/^Many people use this password/)).toBeVisible();
  await changePassword(account, user.password, 'manchesterunited');
  await expect(account.locator('#new_password-error')).toHaveText(/^Many people use this password/);
  await expect(account.getByLabel('New password')).toBeFocused();

  await changePassword(account, `${user.password}?`, newUser().password);
  await expect(account.locator('#current_password-error')).toHaveText('This is not your current password.');
  await expect(account.getByLabel('Current password')).toBeFocused();
  // Neither try changed the password: no attempt is pending, and the session is valid.
  expect(await account.evaluate((it) => localStorage.getItem(it), pendingAttempt)).toBeNull();
  networkLog.clear();
  await account.reload();
  await expect(account.getByLabel('New password')).toBeVisible();
  expect(networkLog.refreshOutcomes()).toEqual([200]);
});

/** The server changes the password, and the first answer is lost. Returns the new password. */
async function changeAndLoseTheAnswer(account: Page, request: APIRequest, origin: string, user: User): Promise<string> {
  const lost = await loseNextAnswer(account, request, origin, 'may retry', api.password);
  const next = newUser().password;
  await changePassword(account, user.password, next);
  expect((await lost.answer).status).toBe(204);
  return next;
}

test('a change of the password whose answer is lost is asked for again, and made once', async ({
  account,
  playwright,
  server,
  user,
  networkLog,
}) => {
  await openSettings(account);
  networkLog.clear();
  const next = await changeAndLoseTheAnswer(account, playwright.request, server.origin, user);
  await expect(account.getByText(passwordChanged)).toBeVisible();
  await expect.poll(() => networkLog.lines()).toEqual([`PUT ${api.password} lost`, `PUT ${api.password} 204`]);
  sharedKey(networkLog.exchanges);
  await changePassword(account, next, newUser().password);
  await expect(account.getByText(passwordChanged)).toBeVisible();
});

test('a change of the password whose answer stays lost signs no user out', async ({
  account,
  playwright,
  server,
  user,
  networkLog,
}) => {
  await openSettings(account);
  networkLog.clear();
  const next = await changeAndLoseTheAnswer(account, playwright.request, server.origin, user);
  const goOnline = await goOffline(account);
  await expect(account.getByRole('alert')).toContainText('It is not known whether your password was changed.');
  await goOnline();
  // The next refresh retries with the key of the change to get the lost cookie, before the next change is sent.
  await account.getByRole('button', { name: 'Change password' }).click();
  await expect(account.getByText('This is not your current password.')).toBeVisible();
  await expect
    .poll(() => networkLog.lines())
    .toEqual([
      ...Array<string>(TRIES_PER_ACTION).fill(`PUT ${api.password} lost`),
      `POST ${api.refresh} 200`,
      `PUT ${api.password} 401`,
    ]);
  const key = sharedKey(networkLog.exchanges.slice(0, -1));
  expect(networkLog.exchanges.at(-1)?.attemptKey).not.toBe(key);
  await account.reload();
  await expect(account.getByLabel('New password')).toBeVisible();
  await changePassword(account, next, newUser().password);
  await expect(account.getByText(passwordChanged)).toBeVisible();
});

test('a pending attempt is answered before the password is changed', async ({ account, user, networkLog }) => {
  await openSettings(account);
  const pending = '00112233445566778899aabbccddeeff';
  await account.evaluate(([name, key]) => localStorage.setItem(name, key), [pendingAttempt, pending] as const);
  networkLog.clear();
  await changePassword(account, user.password, newUser().password);
  await expect(account.getByText(passwordChanged)).toBeVisible();
  const [refresh, change] = networkLog.exchanges;
  expect(refresh).toMatchObject({ path: api.refresh, attemptKey: pending, outcome: 200 });
  expect(change).toMatchObject({ path: api.password, outcome: 204 });
  expect(change?.attemptKey).not.toBe(pending);
});

test('an account is deleted after confirmation, on every device, and the page says so calmly', async ({
  account,
  browser,
  context,
  server,
  user,
}) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  const tab = await context.newPage();
  await tab.goto(pages.account);
  await expectAccountOf(tab, user);
  await openSettings(account);
  await account.getByRole('button', { name: 'Delete my account' }).click();
  await expect(account.getByText('Tick this first, if you mean it.')).toBeVisible();
  await storeSessionState(account);
  await storePendingAction(account);
  await account.getByLabel('I understand that this cannot be undone.').check();

  // It requires a step-up if the login is stale.
  const challenge = problem(401, 'insufficient_user_authentication');
  await mockNextResponse(account, api.me, challenge);
  await account.getByRole('button', { name: 'Delete my account' }).click();
  await account.getByRole('dialog').getByLabel('Password', { exact: true }).fill(user.password);
  await account.getByRole('dialog').getByLabel('Password', { exact: true }).press('Enter');

  for (const page of [account, tab]) {
    await expectNotice(page, 'Your account was deleted, and all that was stored with it.');
    await expect(page.locator('.notice')).toHaveAttribute('data-kind', 'calm');
    await expect(page).toHaveURL(pages.login);
    await expect(page.locator('body')).not.toContainText(user.email);
    await expect.poll(() => storedKeys(page)).toEqual([]);
  }
  expect(await getCookie(context, refreshCookie)).toBeUndefined();
  expect(await getCookie(context, hintCookie)).toBeUndefined();
  await callTheApi(otherDevice);
  await expect(otherDevice).toHaveURL('/login');
  await otherDevice.context().close();
  await account.getByLabel('Email').fill(user.email);
  await account.getByLabel('Password', { exact: true }).fill(user.password);
  await account.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await expect(account.getByRole('alert')).toContainText('open no account');
});
