// Several tabs of one browser: one session, one cookie jar, one refresh at a time if the browser has Web Locks, and
// no sign-out if it has none.
import type { BrowserContext, Page } from '@playwright/test';
import { rebroadcastTokens, recordedKinds, recordMessages } from '../support/broadcast-channel';
import { callConcurrently } from '../support/concurrent-calls';
import { api, pages, pendingAttempt, refreshLock } from '../support/contract';
import { expect, test } from '../support/fixtures';
import {
  withDelayedStorageReads,
  withHangingIndexedDb,
  withoutBroadcastChannel,
  withoutIndexedDb,
  withoutWebLocks,
} from '../support/missing-features';
import { holdRequests } from '../support/network-faults';
import { SHORT_ACCESS_TOKEN_SECONDS, waitForTokenExpiry } from '../support/token-expiry';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  logIn,
  logOut,
  open,
  sendLogin,
  type User,
} from '../support/users';

test.use({ accessTokenSeconds: SHORT_ACCESS_TOKEN_SECONDS });

/** Browser features that may be missing. */
const without = {
  nothing: () => undefined,
  'the channel': withoutBroadcastChannel,
  databases: withoutIndexedDb,
  'answers of its databases': withHangingIndexedDb,
};

async function secondTab(context: BrowserContext, user: User): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(pages.account);
  await expectAccountOf(tab, user);
  return tab;
}

/** Both tabs are still logged in: now, and after a reload each. */
async function expectBothToLiveOn(tabs: Page[], user: User): Promise<void> {
  for (const tab of tabs) {
    await expectAccountOf(tab, user);
    await tab.reload();
    await expectAccountOf(tab, user);
    await callTheApi(tab);
    await expectCallResult(tab, 'Answered in one try.');
  }
}

test('two tabs that find their token expired together make one refresh and both stay logged in', async ({
  account,
  context,
  request,
  user,
  networkLog,
}) => {
  const tabs = [account, await secondTab(context, user)];
  await waitForTokenExpiry(networkLog, request);
  networkLog.clear();
  await callConcurrently(tabs);
  // The first tab to hold the lock refreshed, and broadcast the token to the other.
  await expect.poll(() => networkLog.refreshOutcomes()).toEqual([200]);
  await expect.poll(() => networkLog.to(api.me).map((it) => it.outcome)).toEqual([401, 401, 200, 200]);
  await expectBothToLiveOn(tabs, user);
  expect(networkLog.refreshOutcomes()).not.toContain(401);
});

test('without Web Locks a tab joins the attempt that another has begun, and both stay logged in', async ({
  context,
  page,
  request,
  user,
  networkLog,
}) => {
  await context.addInitScript(withoutWebLocks);
  await logIn(page, user);
  expect(await page.evaluate(() => typeof navigator.locks)).toBe('undefined');
  const second = await secondTab(context, user);
  const tabs = [page, second];
  await waitForTokenExpiry(networkLog, request);
  networkLog.clear();
  const gates = await Promise.all(tabs.map((tab) => holdRequests(tab, api.refresh)));
  const pending = (tab: Page) => tab.evaluate((name) => localStorage.getItem(name), pendingAttempt);
  await callTheApi(page);
  await expect.poll(() => gates[0]?.arrived).toBe(1);
  const key = networkLog.refreshes()[0]?.attemptKey;
  await expect.poll(() => pending(second)).toBe(key);
  await callTheApi(second);
  await expect.poll(() => gates[1]?.arrived).toBe(1);
  for (const gate of gates) gate.open();

  for (const tab of tabs) await expectCallResult(tab, 'Expired, refreshed, repeated: answered.');
  await expect.poll(() => networkLog.refreshOutcomes()).toEqual([200, 200]);
  expect(networkLog.refreshes().map((it) => it.attemptKey)).toEqual([key, key]);
  for (const tab of tabs) {
    await tab.reload();
    await expectAccountOf(tab, user);
  }
  expect(networkLog.refreshOutcomes()).not.toContain(401);
});

test('without Web Locks two tabs that begin in the same instant take one attempt key', async ({
  context,
  page,
  request,
  user,
  networkLog,
}) => {
  await context.addInitScript(withoutWebLocks);
  await context.addInitScript(withoutBroadcastChannel);
  await logIn(page, user);
  const tabs = [page, await secondTab(context, user)];
  for (let round = 0; round < 3; round += 1) {
    await waitForTokenExpiry(networkLog, request);
    for (const tab of tabs) await tab.evaluate(withDelayedStorageReads, pendingAttempt);
    networkLog.clear();
    // Neither is answered before both have asked, however slow the machine is.
    const gates = await Promise.all(tabs.map((tab) => holdRequests(tab, api.refresh, undefined, 1)));
    const called = callConcurrently(tabs);
    await expect.poll(() => gates.map((it) => it.arrived)).toEqual([1, 1]);
    for (const gate of gates) gate.open();
    await called;
    expect(networkLog.refreshOutcomes()).toEqual([200, 200]);
    expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(1);
  }
  await expectBothToLiveOn(tabs, user);
  expect(networkLog.refreshOutcomes()).not.toContain(401);
});

for (const [lacks, takeAway] of Object.entries(without)) {
  test(`tabs that are reloaded together all stay logged in in a browser that lacks ${lacks}`, async ({
    context,
    page,
    user,
    networkLog,
  }) => {
    await context.addInitScript(takeAway);
    await logIn(page, user);
    const tabs = [page, await secondTab(context, user), await secondTab(context, user)];
    networkLog.clear();
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(tabs.map((tab) => tab.reload()));
      for (const tab of tabs) await expectAccountOf(tab, user);
    }
    // Each page refreshes for itself at first, or gets a token by broadcast before it has to.
    expect(networkLog.refreshes().length).toBeGreaterThanOrEqual(3);
    expect(networkLog.refreshOutcomes()).not.toContain(401);
    await expectBothToLiveOn(tabs, user);
  });
}

test('a lock that an orphaned tab never releases costs seconds, not the session', async ({
  account,
  context,
  user,
}) => {
  const orphan = await context.newPage();
  await open(orphan, pages.home);
  await orphan.evaluate(async (name) => {
    await new Promise<void>((held) => {
      void navigator.locks.request(name, async () => {
        held();
        return new Promise(() => undefined);
      });
    });
  }, refreshLock);
  await account.reload();
  await expect(account.getByText('Restoring your session…')).toBeVisible();
  await expect(account.getByRole('main')).toContainText(user.email, { timeout: 25_000 });
});

test('a login in one tab logs the other in', async ({ context, page, user, networkLog }) => {
  const other = await context.newPage();
  await open(other, pages.login);
  await open(page, pages.login);
  await sendLogin(page, user);
  await expectAccountOf(page, user);
  // The token is broadcast: the other tab makes no call.
  await expectAccountOf(other, user);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.login} 200`]);
});

test('a token that is broadcast after its session was logged out logs no user in', async ({
  account,
  context,
  user,
}) => {
  const recorder = await context.newPage();
  await recordMessages(recorder);
  const tabs = [account, await secondTab(context, user)];
  await expect.poll(() => recordedKinds(recorder)).toContain('token');
  await logOut(account);
  for (const tab of tabs) await expect(tab).toHaveURL(/\/login/);

  await rebroadcastTokens(tabs, recorder);
  for (const tab of tabs) {
    expect(await tab.getByRole('button', { name: 'Log out', exact: true }).count()).toBe(0);
    await expect(tab).toHaveURL(/\/login/);
    await expect(tab.locator('body')).not.toContainText(user.email);
  }
});
