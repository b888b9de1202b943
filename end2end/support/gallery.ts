// Every page in every state worth looking at, for what is asked of all of them alike.
import { type Page, expect } from '@playwright/test';
import { pages } from './contract';
import {
  callTheApi,
  expectCallResult,
  logIn,
  open,
  sendLogin,
  stranger,
  type User,
} from './users';

/** How to get there. `page` is nobody's yet; `user` has an account. */
type Way = (page: Page, user: User) => Promise<void>;

export const gallery: Record<string, Way> = {
  home: (page) => open(page, pages.home),
  register: (page) => open(page, pages.register),
  'register with errors': async (page) => {
    await open(page, pages.register);
    await page.getByLabel('Password', { exact: true }).fill('too short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.locator('[aria-invalid=true]')).toHaveCount(2);
  },
  'register with a strong password': async (page) => {
    await open(page, pages.register);
    await page.getByLabel('Password', { exact: true }).fill(stranger().password);
    await expect(page.getByRole('meter')).toHaveAttribute('aria-valuetext', 'strong');
  },
  login: (page) => open(page, pages.login),
  'login with an error': async (page) => {
    await open(page, pages.login);
    await sendLogin(page, stranger());
    await expect(page.getByRole('alert')).toBeVisible();
  },
  account: async (page, user) => {
    await logIn(page, user);
    await callTheApi(page);
    await expectCallResult(page, 'Answered in one try.');
  },
  'account while it cannot be restored': async (page, user) => {
    await logIn(page, user);
    await page.route('**/api/**', (route) => route.abort());
    await page.reload();
    await expect(page.locator('.notices button')).toBeVisible();
  },
  'logged out': async (page, user) => {
    await logIn(page, user);
    await page.getByRole('button', { name: 'Log out' }).click();
    await expect(page.locator('.notices')).toContainText('You are logged out.');
  },
  'session ended': async (page, user) => {
    await logIn(page, user);
    await page.context().clearCookies({ name: '__Host-Http-refresh' });
    await page.reload();
    await expect(page.locator('.notices')).toContainText('Your session was ended.');
  },
  'not found': (page) => open(page, pages.nowhere),
};
