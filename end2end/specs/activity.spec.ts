// The security activity page: events of the account in plain words.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { json, mockNextResponse, problem } from '../support/network-faults';
import { mockEvent } from '../support/sessions';
import { logIn, open, sendLogin } from '../support/users';

test('events are listed newest first, and a refresh is counted instead', async ({ page, user }) => {
  await open(page, pages.login);
  await sendLogin(page, { ...user, password: `${user.password}?` });
  await expect(page.getByRole('alert')).toBeVisible();
  await logIn(page, user);
  await page.reload();
  await page.getByRole('link', { name: 'Activity' }).click();
  const events = page.locator('.event-text');
  await expect(events.first()).toHaveText(/^A login on a new device: Chrome on Linux/);
  await expect(events.nth(1)).toHaveText(/^Logged in with Chrome on Linux from 127\.0\.0\.1\.$/);
  await expect(page.locator('.event').nth(1)).toContainText('This session');
  await expect(events.filter({ hasText: 'A login failed' })).toHaveCount(1);
  await expect(events.filter({ hasText: 'The account was created' })).toHaveCount(1);
  await expect(events.filter({ hasText: 'The session was refreshed' })).toHaveCount(0);

  await page.getByRole('button', { name: 'Refreshes' }).click();
  await expect(page.getByRole('button', { name: 'Refreshes' })).toBeFocused();
  await expect(page.getByText('No unusual refresh is on record.')).toBeVisible();
  await expect(page.getByRole('status')).toHaveText('No events');
  await page.getByRole('button', { name: 'Logouts and alerts' }).click();
  await expect(events).toHaveText([/^A login failed/, /^Logged out/]);
  await expect(page.locator('.event').first()).toContainText('Alert');

  await page.getByRole('link', { name: 'Sessions' }).click();
  await expect(page.locator('.session-facts > div').filter({ hasText: 'Refreshed' })).toHaveText(/Once$/);
});

test('refreshes that a server of an earlier version recorded are listed', async ({ account }) => {
  await account.getByRole('link', { name: 'Activity' }).click();
  await expect(account.locator('.event').first()).toBeVisible();
  await mockNextResponse(account, api.events, json({ events: [mockEvent('refreshed', 1)], next: null }));
  await account.getByRole('button', { name: 'Refreshes' }).click();
  await expect(account.locator('.event-text')).toHaveText([/^The session was refreshed with Firefox on Linux/]);
  await expect(account.getByRole('status')).toHaveText('One event');
});

test('older events come page by page', async ({ account }) => {
  const calls: string[] = [];
  await account.route(`**${api.events}?*`, async (route) => {
    const before = new URL(route.request().url()).searchParams.get('before');
    calls.push(before ?? 'newest');
    const [first, second] = (before ? [3, 4] : [1, 2]).map((number) => mockEvent('logged_in', number));
    await route.fulfill(json({ events: [first, second], next: before ? null : second?.id }));
  });
  await account.getByRole('link', { name: 'Activity' }).click();
  await expect(account.locator('.event')).toHaveCount(2);
  await account.getByRole('button', { name: 'Show older' }).click();
  await expect(account.locator('.event')).toHaveCount(4);
  await expect(account.getByRole('status')).toHaveText('2 events older.');
  await expect(account.getByRole('status')).toBeFocused();
  await expect(account.getByRole('button', { name: 'Show older' })).toHaveCount(0);
  expect(calls).toEqual(['newest', mockEvent('logged_in', 2).id]);
});

test('a list that is empty or cannot be fetched says so', async ({ account }) => {
  await mockNextResponse(account, api.events, problem(503, 'temporarily_unavailable'));
  await account.getByRole('link', { name: 'Activity' }).click();
  await expect(account.getByRole('alert')).toContainText('Your activity could not be fetched.');
  await mockNextResponse(account, api.events, json({ events: [], next: null }));
  await account.getByRole('button', { name: 'Try again' }).click();
  await expect(account.getByText('There is no activity on record.')).toBeVisible();
});

test('an event kind of a later server is not shown by its name', async ({ account }) => {
  const later = { ...mockEvent('logged_in', 1), kind: 'abducted_by_aliens' };
  await mockNextResponse(account, api.events, json({ events: [later], next: null }));
  await account.getByRole('link', { name: 'Activity' }).click();
  await expect(account.locator('.event-text')).toHaveText(/too old to name/);
});
