// Baton without a service: the site has no page of notes.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { waitForHydration } from '../support/users';

test('without a service there is no page of notes', async ({ account, consoleErrors, networkLog }) => {
  consoleErrors.allow(/status of 404/);
  const tabs = account.getByRole('navigation', { name: 'Your account' }).getByRole('link');
  await expect(tabs).toHaveText(['Overview', 'Sessions', 'Activity', 'Settings']);
  expect((await account.goto(pages.notes))?.status()).toBe(404);
  await waitForHydration(account);
  await expect(account.getByRole('heading', { level: 1 })).toHaveText('Page not found');
  expect(networkLog.to(api.notes)).toEqual([]);
});
