// No response sends Clear-Site-Data (decision 26): after it, tabs of one browser no longer see each other's Web
// Locks. `consoleErrors` checks the responses of every test; these revoke a session or change its cookies.
import type { Page } from '@playwright/test';
import { api, loginWithReturn, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { changePassword, deleteAccount, openSettings } from '../support/settings';
import { logOut, newUser } from '../support/users';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** The response header names of this call, which `act` makes. */
async function headersOf(page: Page, call: Call, act: () => Promise<unknown>): Promise<string[]> {
  const answered = page.waitForResponse(
    (it) => it.request().method() === call.method && new URL(it.url()).pathname === call.path,
  );
  await act();
  const answer = await answered;
  expect(answer.status()).toBe(call.status);
  return (await answer.headersArray()).map(({ name }) => name.toLowerCase());
}

test('a logout clears its cookies, and no site data', async ({ account }) => {
  const call = { method: 'POST', path: api.logout, status: 204 };
  const names = await headersOf(account, call, () => logOut(account));
  expect(names).toContain('set-cookie');
  expect(names).not.toContain('clear-site-data');
});

test('a change of the password sets its cookies, and clears no site data', async ({ account, user }) => {
  await openSettings(account);
  const call = { method: 'PUT', path: api.password, status: 204 };
  const change = () => changePassword(account, user.password, newUser().password);
  const names = await headersOf(account, call, change);
  expect(names).toContain('set-cookie');
  expect(names).not.toContain('clear-site-data');
});

test('the deletion of an account clears its cookies, and no site data', async ({ account }) => {
  await openSettings(account);
  const call = { method: 'DELETE', path: api.me, status: 204 };
  const names = await headersOf(account, call, () => deleteAccount(account));
  expect(names).toContain('set-cookie');
  expect(names).not.toContain('clear-site-data');
  await expect(account).toHaveURL(pages.login);
});

test('a refresh that is refused for good clears no site data', async ({ account, request, networkLog }) => {
  const headers = { Authorization: `Bearer ${await networkLog.accessToken()}` };
  const ended = await request.post(api.logout, { headers });
  expect(ended.status()).toBe(204);
  expect(ended.headers()).not.toHaveProperty('clear-site-data');
  const call = { method: 'POST', path: api.refresh, status: 401 };
  const names = await headersOf(account, call, () => account.reload());
  expect(names).toContain('x-request-id');
  expect(names).not.toContain('clear-site-data');
  await expect(account).toHaveURL(loginWithReturn);
});
