// Deep links to a page behind the login survive it: path, query and fragment.
import { pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { expectAccountOf, logIn, newUser, open, sendLogin, waitForHydration } from '../support/users';

const link = '/activity?kind=logins&from=mail%20%26%20more#e-3';

test('a link that is opened before the login leads back whole', async ({ page, user }) => {
  const answer = await page.goto(link);
  expect(answer?.request().redirectedFrom()?.url(), 'the server has said so').toContain('/activity');
  await waitForHydration(page);
  await sendLogin(page, user);
  await expect(page).toHaveURL(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Security activity');
});

test('the skip link and a reload lose nothing of it', async ({ page, user }) => {
  await open(page, link);
  await page.getByRole('link', { name: 'Skip to content' }).press('Enter');
  await page.reload();
  await waitForHydration(page);
  await sendLogin(page, user);
  await expect(page).toHaveURL(link);
});

test('a new user gets there after registration as well', async ({ page }) => {
  const user = newUser();
  await open(page, link);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByRole('link', { name: 'Use the account you have' }).click();
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(link);
});

test('a session that another device has revoked leads to the login and back whole', async ({
  account,
  context,
  user,
}) => {
  await account.goto(link);
  await expect(account.getByRole('heading', { level: 1 })).toHaveText('Security activity');
  const other = await context.browser()?.newContext({ baseURL: new URL(account.url()).origin });
  const otherDevice = await other?.newPage();
  if (!otherDevice) throw new Error('a browser has more than one context');
  await logIn(otherDevice, user);
  await otherDevice.goto(pages.sessions);
  await otherDevice.getByRole('button', { name: 'Log out of all other devices' }).click();
  await expect(otherDevice.getByText('All other devices were logged out.')).toBeVisible();
  // The next call is refused, and so is the refresh.
  await account.getByRole('button', { name: 'Logins' }).click();
  await expect(account).toHaveURL(/\/login\?next=/);
  await sendLogin(account, user);
  await expect(account).toHaveURL(link);
  await other?.close();
});

test('without a return path the login leads to the account, and ignores its fragment', async ({ page, user }) => {
  await open(page, `${pages.login}#main`);
  await sendLogin(page, user);
  await expectAccountOf(page, user);
});
