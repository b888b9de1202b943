// Opens and submits the settings page.
import { expect, type Page } from '@playwright/test';
import { pages } from './contract';
import { open } from './users';

export const passwordChanged = 'Your password is changed, and all other devices are logged out.';

/** Opens the page, and waits until its session is restored: later calls are the test's own. */
export async function openSettings(page: Page): Promise<void> {
  await open(page, pages.settings);
  await expect(page.getByRole('heading', { name: 'Password', exact: true })).toBeVisible();
}

export async function changePassword(page: Page, current: string, next: string): Promise<void> {
  await page.getByLabel('Current password').fill(current);
  await page.getByLabel('New password').fill(next);
  await page.getByRole('button', { name: 'Change password' }).click();
}

export async function deleteAccount(page: Page): Promise<void> {
  await page.getByLabel('I understand that this cannot be undone.').check();
  await page.getByRole('button', { name: 'Delete my account' }).click();
}
