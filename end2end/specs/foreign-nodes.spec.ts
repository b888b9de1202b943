// Somebody else has changed the document before the scripts start. The page starts all the same, and what was typed
// and the focus stay.
import type { Page } from '@playwright/test';
import { pages } from '../support/contract';
import { changes } from '../support/foreign';
import { Gate } from '../support/network';
import { expect, test } from '../support/test';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  hydrated,
  stranger,
} from '../support/users';

/** Opens a page and lets `act` happen before its program is there. */
async function openLate(page: Page, path: string, act: () => Promise<void>): Promise<void> {
  const gate = new Gate();
  await page.route('**/*.wasm', (route) => gate.pass(route), { times: 1 });
  await page.goto(path, { waitUntil: 'domcontentloaded' });
  await act();
  await expect.poll(() => gate.arrived).toBe(1);
  gate.open();
  await hydrated(page);
}

for (const [name, change] of Object.entries(changes)) {
  test(`the login page starts with ${name}`, async ({ page, user }) => {
    await openLate(page, pages.login, async () => {
      await page.evaluate(change);
      await page.locator('#email').fill(user.email);
      await page.locator('#password').pressSequentially(user.password);
      for (let key = 0; key < 3; key += 1) await page.locator('#password').press('ArrowLeft');
    });
    const password = page.locator('#password');
    await expect(page.locator('#email')).toHaveValue(user.email);
    await expect(password).toHaveValue(user.password);
    await expect(password).toBeFocused();
    const caret = await password.evaluate((it: HTMLInputElement) => it.selectionStart);
    expect(caret).toBe(user.password.length - 3);
    await page.getByRole('button', { name: 'Show password' }).click();
    await expect(password).toHaveAttribute('type', 'text');
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await expectAccountOf(page, user);
  });

  test(`the registration page starts with ${name}`, async ({ page }) => {
    const user = stranger();
    await openLate(page, pages.register, async () => {
      await page.evaluate(change);
      await page.locator('#email').fill(user.email);
      await page.locator('#name').fill(user.name);
      await page.locator('#password').fill(user.password);
    });
    // What was typed before is judged, too.
    await expect(page.getByRole('meter', { name: 'Strength' })).toHaveAttribute(
      'aria-valuetext',
      'strong',
    );
    await page.getByRole('button', { name: 'Create account' }).click();
    await expectAccountOf(page, user);
    await expect(page.getByRole('main')).toContainText(user.name);
  });

  test(`a page behind the login starts with ${name}`, async ({ account, user }) => {
    await openLate(account, pages.account, () => account.evaluate(change));
    await expectAccountOf(account, user);
    await callTheApi(account);
    await expectCallResult(account, 'Answered in one try.');
    // Links are followed without a reload, and once.
    await account.evaluate(() => (window.name = 'not reloaded'));
    await account.getByRole('link', { name: 'Sessions' }).click();
    await expect(account).toHaveURL(pages.sessions);
    await expect(account.getByRole('heading', { level: 1 })).toHaveText('Your sessions');
    await account.goBack();
    await expectAccountOf(account, user);
    expect(await account.evaluate(() => window.name)).toBe('not reloaded');
    await account.getByRole('button', { name: 'Log out' }).click();
    await expect(account).toHaveURL(pages.login);
  });
}

test('a page that nobody has changed is taken over, not rendered afresh', async ({
  account,
  page,
}) => {
  for (const path of Object.values(pages).filter((it) => it !== pages.nowhere)) {
    const tab = path === pages.login || path === pages.register ? page : account;
    if (tab === page) await page.context().clearCookies();
    await openLate(tab, path, () =>
      tab.locator('main').evaluate((main) => main.setAttribute('data-same', '')),
    );
    await expect(tab.locator('main'), path).toHaveAttribute('data-same');
  }
});
