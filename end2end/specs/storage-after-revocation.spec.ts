// After a revocation by another device, pages remove the session's state from storage (ASVS 5.0.0 V14.3.1). `logout`
// and `settings` show the same for a logout and a deletion.
import type { Page } from '@playwright/test';
import { pendingActions, storedKeys, storeSessionState } from '../support/browser-storage';
import {
  api,
  dismissedEvent,
  hintOwner,
  loginWithReturn,
  pages,
  pendingAction,
  pendingAttempt,
} from '../support/contract';
import { presentRefreshToken, ticket } from '../support/cookies';
import { test as base, expect } from '../support/fixtures';
import { goOffline, outcomeUnknown } from '../support/network-faults';
import { logInOnAnotherDevice } from '../support/sessions';
import { changePassword, openSettings, passwordChanged } from '../support/settings';
import { callTheApi, expectAccountOf, expectNotice, newUser, open } from '../support/users';

const test = base.extend<{ tabs: [Page, Page] }>({
  /** Two tabs of one session. */
  tabs: async ({ account, context, user }, use) => {
    const other = await context.newPage();
    await other.goto(pages.account);
    await expectAccountOf(other, user);
    await use([account, other]);
  },
});

/** Stores all the state that a page may keep of a session. */
async function keepAll(page: Page): Promise<void> {
  await storeSessionState(page);
  const all = [pendingAttempt, dismissedEvent, hintOwner];
  expect(await storedKeys(page)).toEqual(expect.arrayContaining(all));
}

/** The first tab's call is refused; the other tab hears of it. Both clear their storage. */
async function expectNothingKept(tabs: [Page, Page], why: RegExp): Promise<void> {
  await callTheApi(tabs[0]);
  for (const tab of tabs) {
    await expect(tab).toHaveURL(loginWithReturn);
    await expectNotice(tab, why);
  }
  for (const tab of tabs) await expect.poll(() => storedKeys(tab)).toEqual([]);
}

test('no state is kept of a session that another device has revoked', async ({ browser, server, tabs, user }) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await open(otherDevice, pages.sessions);
  await keepAll(tabs[0]);
  await otherDevice.getByRole('button', { name: 'Log out device' }).click();
  await expect(otherDevice.getByRole('status')).toContainText('was logged out.');
  await expectNothingKept(tabs, /^You were logged out from another of your sessions/);
  await otherDevice.context().close();
});

test('no state is kept of a session that a password change on another device has revoked', async ({
  browser,
  server,
  tabs,
  user,
}) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await openSettings(otherDevice);
  await keepAll(tabs[0]);
  await changePassword(otherDevice, user.password, newUser().password);
  await expect(otherDevice.getByText(passwordChanged)).toBeVisible();
  await expectNothingKept(tabs, /^The password was changed in another session/);
  await otherDevice.context().close();
});

test('no state is kept of a session that a replay has revoked', async ({ context, playwright, server, tabs, user }) => {
  const stolen = await ticket(context);
  await tabs[0].reload();
  await expectAccountOf(tabs[0], user);
  await keepAll(tabs[0]);
  await presentRefreshToken(playwright.request, server.origin, stolen);
  await expectNothingKept(tabs, /^You were logged out: the refresh token of this session was used a second time/);
});

test('no state is kept of a session whose revocation is discovered by a reload', async ({
  account,
  request,
  networkLog,
}) => {
  await keepAll(account);
  const headers = { Authorization: `Bearer ${await networkLog.accessToken()}` };
  expect((await request.post(api.logout, { headers })).status()).toBe(204);
  await account.reload();
  await expect(account).toHaveURL(loginWithReturn);
  // The refusal does not say whose the remaining cookies are (decision 36): that record stays.
  const kept = async () => (await storedKeys(account)).filter((name) => name !== hintOwner);
  await expect.poll(kept).toEqual([]);
});

test('no state is kept of an action that is unanswered when another device revokes its session', async ({
  browser,
  server,
  tabs,
  user,
}) => {
  const [tab] = tabs;
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await open(otherDevice, pages.sessions);
  await openSettings(tab);
  const goOnline = await goOffline(tab);
  await tab.getByRole('textbox', { name: 'Name (optional)' }).fill('Grace Passer');
  await tab.getByRole('button', { name: 'Change name' }).click();
  await expect(tab.getByRole('alert')).toContainText(outcomeUnknown);
  expect(Object.keys(await pendingActions(tab))).toEqual([`${pendingAction}name`]);
  await goOnline();
  await otherDevice.getByRole('button', { name: 'Log out device' }).click();
  await expect(otherDevice.getByRole('status')).toContainText('was logged out.');
  await tab.getByRole('link', { name: 'Overview' }).click();
  await expectNothingKept(tabs, /^You were logged out from another of your sessions/);
  await otherDevice.context().close();
});
