// Extensions or proxies change the document before the scripts start. The page starts, keeps input and focus, and
// sends each form.
import type { Page } from '@playwright/test';
import { expectTextFocusAndCaret, openBeforeHydration, typeWithCaretInside } from '../support/before-hydration';
import { api, pages } from '../support/contract';
import { addPasswordManagerIcons, domMutations } from '../support/dom-mutations';
import { expect, test } from '../support/fixtures';
import { mockNextResponse, problem } from '../support/network-faults';
import { changePassword, deleteAccount, openSettings, passwordChanged } from '../support/settings';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice, newUser, type User } from '../support/users';

test.use({ withNotes: true });

/** Sends each form of the settings, and the step-up dialog. */
async function sendTheSettings(page: Page, user: User): Promise<void> {
  await page.getByLabel('Name (optional)').fill('Grace Passer');
  await page.getByRole('button', { name: 'Change name' }).click();
  await expect(page.getByText('Your name is changed.')).toBeVisible();
  const next = newUser().password;
  await changePassword(page, `${user.password}?`, next);
  await expect(page.getByText('This is not your current password.')).toBeVisible();
  await changePassword(page, user.password, next);
  await expect(page.getByText(passwordChanged)).toBeVisible();

  await mockNextResponse(page, api.me, problem(401, 'insufficient_user_authentication'));
  await deleteAccount(page);
  const dialog = page.getByRole('dialog', { name: 'Enter your password' });
  const password = dialog.getByLabel('Password', { exact: true });
  await expect(password).toBeFocused();
  await password.fill(user.password);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog).toContainText('This is not your password. Try again.');
  await password.fill(next);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expectNotice(page, 'Your account was deleted, and all that was stored with it.');
  await expect(page).toHaveURL(pages.login);
}

for (const [name, change] of Object.entries(domMutations)) {
  test(`the login page starts with ${name}`, async ({ page, user }) => {
    await openBeforeHydration(page, pages.login, async () => {
      await page.evaluate(change);
      await page.locator('#email').fill(user.email);
      await typeWithCaretInside(page.locator('#password'), user.password);
    });
    const password = page.locator('#password');
    await expect(page.locator('#email')).toHaveValue(user.email);
    await expectTextFocusAndCaret(password, user.password);
    await page.getByRole('button', { name: 'Show password' }).click();
    await expect(password).toHaveAttribute('type', 'text');
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await expectAccountOf(page, user);
  });

  test(`the registration page starts with ${name}`, async ({ page }) => {
    const user = newUser();
    await openBeforeHydration(page, pages.register, async () => {
      await page.evaluate(change);
      await page.locator('#email').fill(user.email);
      await page.locator('#name').fill(user.name);
      await typeWithCaretInside(page.locator('#password'), user.password);
    });
    await expect(page.locator('#email')).toHaveValue(user.email);
    await expect(page.locator('#name')).toHaveValue(user.name);
    await expectTextFocusAndCaret(page.locator('#password'), user.password);
    // Input from before hydration is judged, too.
    await expect(page.getByRole('meter', { name: 'Strength' })).toHaveAttribute('aria-valuetext', 'strong');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expectAccountOf(page, user);
    await expect(page.getByRole('main')).toContainText(user.name);
  });

  test(`a page behind the login starts with ${name}`, async ({ account, user }) => {
    await openBeforeHydration(account, pages.account, () => account.evaluate(change));
    await expectAccountOf(account, user);
    await callTheApi(account);
    await expectCallResult(account, 'Answered in one try.');
    // Links are followed without a reload, and once.
    await account.evaluate(() => (window.name = 'not reloaded'));
    await account.getByRole('link', { name: 'Sessions' }).click();
    await expect(account).toHaveURL(pages.sessions);
    await expect(account.getByRole('heading', { level: 1 })).toHaveText('Active sessions');
    await account.goBack();
    await expectAccountOf(account, user);
    expect(await account.evaluate(() => window.name)).toBe('not reloaded');
    await account.getByRole('button', { name: 'Log out', exact: true }).click();
    await expect(account).toHaveURL(pages.login);
  });

  test(`the forms behind the login are sent from a page that starts with ${name}`, async ({ account, user }) => {
    await openBeforeHydration(account, pages.settings, () => account.evaluate(change));
    await sendTheSettings(account, user);
  });
}

test('forms work although a password manager decorates each of them as it appears', async ({ account, user }) => {
  await openSettings(account);
  await account.evaluate(addPasswordManagerIcons);
  await sendTheSettings(account, user);
});

test('a document without foreign nodes is hydrated, not mounted again', async ({ account, page }) => {
  for (const path of Object.values(pages).filter((it) => it !== pages.notFound)) {
    const tab = path === pages.login || path === pages.register ? page : account;
    if (tab === page) await page.context().clearCookies();
    await openBeforeHydration(tab, path, () =>
      tab.locator('main').evaluate((main) => main.setAttribute('data-same', '')),
    );
    await expect(tab.locator('main'), path).toHaveAttribute('data-same');
  }
});
