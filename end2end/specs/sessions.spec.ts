// The list of active sessions, and their revocation.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import {
  captivePortal,
  goOffline,
  mockNextResponse,
  outcomeUnknown,
  problem,
  TRIES_PER_ACTION,
} from '../support/network-faults';
import { sharedKey } from '../support/network-log';
import { logInOnAnotherDevice } from '../support/sessions';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice, open } from '../support/users';

const ended = 'You were logged out from another of your sessions. Log in again to continue.';

test('the page lists the sessions of the user, the current one first', async ({ account, browser, server, user }) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await account.getByRole('link', { name: 'Sessions' }).click();
  await expect(account).toHaveURL(pages.sessions);
  const cards = account.locator('.session-card');
  await expect(cards).toHaveCount(2);
  await expect(cards.nth(0)).toContainText('This device');
  await expect(cards.nth(0).getByRole('heading')).toHaveText(/^Chrome on Linux$/);
  await expect(cards.nth(1).getByRole('heading')).toHaveText('Firefox on Linux');
  for (const card of [cards.nth(0), cards.nth(1)]) {
    await expect(card).toContainText('Computer');
    await expect(card).toContainText('127.0.0.1');
    for (const term of ['Logged in', 'Last active', 'Refreshed', 'Expires']) {
      await expect(card.getByText(term)).toBeVisible();
    }
  }
  await otherDevice.context().close();
});

test('a session that is revoked on another device is out at its next call, and its page says why', async ({
  account,
  browser,
  server,
  user,
}) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  const tab = await otherDevice.context().newPage();
  await tab.goto(pages.account);
  await expectAccountOf(tab, user);

  await open(account, pages.sessions);
  await account.getByRole('button', { name: 'Log out device' }).click();
  await expect(account.getByText('Firefox on Linux was logged out.')).toBeVisible();
  await expect(account.locator('.session-card')).toHaveCount(1);
  await expect(account.getByText('No other device is logged in.')).toBeVisible();
  // The button is gone, and the focus moves to the heading.
  await expect(account.getByRole('heading', { level: 1 })).toBeFocused();

  await callTheApi(otherDevice);
  await expectNotice(otherDevice, ended);
  await expectNotice(tab, ended);
  for (const page of [otherDevice, tab]) {
    await expect(page).toHaveURL('/login?next=%2Faccount');
    await expect(page.locator('body')).not.toContainText(user.email);
  }
  // The current session is not affected.
  await account.reload();
  await expect(account.locator('.session-card')).toHaveCount(1);
  await otherDevice.context().close();
});

test('all other sessions are revoked at once, and the current one remains', async ({
  account,
  browser,
  server,
  user,
}) => {
  const others = [
    await logInOnAnotherDevice(browser, server.origin, user),
    await logInOnAnotherDevice(browser, server.origin, user),
  ];
  await open(account, pages.sessions);
  await expect(account.locator('.session-card')).toHaveCount(3);
  await account.getByRole('button', { name: 'Log out of all other devices' }).click();
  await expect(account.getByRole('status')).toHaveText('All other devices were logged out.');
  await expect(account.locator('.session-card')).toHaveCount(1);
  for (const other of others) {
    await callTheApi(other);
    await expectNotice(other, ended);
    await other.context().close();
  }
  await account.getByRole('link', { name: 'Overview' }).click();
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');
});

test('a session that is already gone leaves the list as if it were revoked now', async ({
  account,
  browser,
  server,
  user,
}) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await open(account, pages.sessions);
  await expect(account.locator('.session-card')).toHaveCount(2);
  await account.route(`**${api.sessions}/*`, (route) => route.fulfill(problem(404, 'not_found')));
  await account.getByRole('button', { name: 'Log out device' }).click();
  await expect(account.locator('.session-card')).toHaveCount(1);
  await otherDevice.context().close();
});

test('a revocation that failed is not shown as done', async ({ account, browser, server, user, networkLog }) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await open(account, pages.sessions);
  await expect(account.locator('.session-card')).toHaveCount(2);
  networkLog.clear();
  const goOnline = await goOffline(account);
  await account.getByRole('button', { name: 'Log out device' }).click();
  await expect(account.getByRole('status')).toHaveText(`The server cannot be reached. ${outcomeUnknown}`);
  await expect(account.locator('.session-card')).toHaveCount(2);
  await goOnline();
  await mockNextResponse(account, api.sessions, captivePortal, TRIES_PER_ACTION);
  await account.getByRole('button', { name: 'Log out of all other devices' }).click();
  await expect(account.getByRole('status')).toHaveText(
    `The server gave an answer this page does not understand (200). ${outcomeUnknown}`,
  );
  await expect(account.locator('.session-card')).toHaveCount(2);
  const tries = (outcome: 'lost' | 200) => Array.from({ length: TRIES_PER_ACTION }, () => outcome);
  await expect.poll(() => networkLog.exchanges.map((it) => it.outcome)).toEqual([...tries('lost'), ...tries(200)]);
  const [one, all] = [networkLog.exchanges.slice(0, TRIES_PER_ACTION), networkLog.exchanges.slice(TRIES_PER_ACTION)];
  expect(sharedKey(one)).not.toBe(sharedKey(all));
  await otherDevice.context().close();
});

test('a list that cannot be fetched says so, and is fetched on the second try', async ({ account }) => {
  await mockNextResponse(account, api.sessions, problem(503, 'temporarily_unavailable'));
  await account.getByRole('link', { name: 'Sessions' }).click();
  await expect(account.getByRole('alert')).toContainText('Your sessions could not be fetched.');
  await account.getByRole('button', { name: 'Try again' }).click();
  await expect(account.locator('.session-card')).toHaveCount(1);
});
