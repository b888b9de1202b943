// Login alerts: existing sessions ask the user about a login on another device.
import type { Page } from '@playwright/test';
import { api, dismissedEvent, loginAlertKinds, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { json, problem } from '../support/network-faults';
import { logInOnAnotherDevice, mockEvent } from '../support/sessions';
import { expectAccountOf, expectNotice, open } from '../support/users';

type PollResult = ReturnType<typeof mockEvent>[] | 'failing';

/** From now on the server answers the login alert poll with these events. */
async function mockPoll(page: Page, events: PollResult): Promise<void> {
  const isPoll = (url: URL) => url.pathname === api.events && url.searchParams.get('kind') === loginAlertKinds;
  await page.unroute(isPoll);
  await page.route(isPoll, (route) =>
    route.fulfill(
      events === 'failing' ? problem(401, 'insufficient_user_authentication') : json({ events, next: null }),
    ),
  );
}

const dismiss = (page: Page) => page.getByRole('button', { name: 'Dismiss' });

test('a login alert for a new device is shown after a refresh, until it is dismissed', async ({ account, user }) => {
  await mockPoll(account, [mockEvent('new_device', 2), mockEvent('new_network', 1)]);
  await account.reload();
  await expectNotice(account, /^New login: Firefox on Linux from 203\.0\.113\.9, at .*\. Was it you\?$/);
  const notices = account.locator('.notices');
  await expect(notices.getByRole('link', { name: 'Security activity' })).toHaveAttribute('href', pages.activity);
  await notices.getByRole('link', { name: 'Active sessions' }).click();
  await expect(account).toHaveURL(pages.sessions);
  await dismiss(account).click();
  await expect(notices).toBeEmpty();
  await expect(account.getByRole('heading', { level: 1 })).toBeFocused();
  expect(await account.evaluate((it) => localStorage.getItem(it), dismissedEvent)).toBe(mockEvent('new_device', 2).id);

  await open(account, pages.account);
  await expectAccountOf(account, user);
  const looked = account.waitForResponse((it) => it.url().includes(loginAlertKinds));
  await account.reload();
  await looked;
  await expectAccountOf(account, user);
  await expect(dismiss(account)).toHaveCount(0);
  // A newer event raises an alert.
  await mockPoll(account, [mockEvent('new_network', 3), mockEvent('new_device', 2)]);
  await account.reload();
  await expect(dismiss(account)).toBeVisible();
});

test('a real login on another device raises an alert in the existing session', async ({
  account,
  browser,
  server,
  user,
}) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await account.reload();
  await expectNotice(account, /^New login: Firefox on Linux from 127\.0\.0\.1, at .*\. Was it you\?$/);
  await otherDevice.context().close();
});

test('a login of this session, or before it, raises no alert', async ({ account, user, networkLog }) => {
  const before = { ...mockEvent('new_device', 1), at: 1_000_000_000 };
  await mockPoll(account, [{ ...mockEvent('new_device', 2), current: true }, before]);
  await account.reload();
  await expect.poll(() => networkLog.loginAlertPolls.map((it) => it.outcome)).toEqual([200]);
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
});

test('the poll for login alerts is silent when it fails, and rate-limited', async ({ account, user, networkLog }) => {
  await mockPoll(account, 'failing');
  await account.reload();
  await expect.poll(() => networkLog.loginAlertPolls.map((it) => it.outcome)).toEqual([401]);
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
  await expect(account.getByRole('dialog')).toHaveCount(0);
  // A second refresh within the minute does not poll again.
  await account.route(`**${api.me}`, (route) => route.fulfill(problem(401, 'invalid_token')), {
    times: 1,
  });
  await account.getByRole('button', { name: 'Call the API' }).click();
  await expect(account.locator('.call-result')).toHaveText('Expired, refreshed, repeated: answered.');
  expect(networkLog.loginAlertPolls).toHaveLength(1);
});
