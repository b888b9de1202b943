// Two users in one browser: an action of one user is not completed as the other.
import type { BrowserContext, Page } from '@playwright/test';
import { api, hintCookie, pages } from '../support/contract';
import { test as base, expect } from '../support/fixtures';
import { withoutBroadcastChannel, withoutWebLocks } from '../support/missing-features';
import { failRefreshes, holdRequests, problem } from '../support/network-faults';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  expectNotice,
  logOut,
  newUser,
  open,
  registerUser,
  sendLogin,
  type User,
} from '../support/users';

const replaced = 'You are still logged in: another login has taken the place of the one you wanted to leave.';

/** Besides `user`, whose session `account` shows. */
const test = base.extend<{ grace: User }>({
  grace: async ({ playwright, server }, use) =>
    use(await registerUser(playwright.request, server.origin, newUser('Grace Passer'))),
});

/** A tab that shows the login form although a user is logged in: the browser has lost the hint. */
async function loginForm(context: BrowserContext): Promise<Page> {
  await context.clearCookies({ name: hintCookie });
  const tab = await context.newPage();
  await open(tab, pages.login);
  return tab;
}

/** `another` logs in on a second tab, and `page`, which shows `user`, misses it for lack of BroadcastChannel. */
async function unheardOf(another: User, page: Page, user: User, context: BrowserContext): Promise<Page> {
  await context.addInitScript(withoutBroadcastChannel);
  await page.reload();
  await expectAccountOf(page, user);
  const form = await loginForm(context);
  await sendLogin(form, another);
  await expectAccountOf(form, another);
  return form;
}

const networkEntries = (page: Page) => page.getByRole('list', { name: 'Network log' });

test('a call that is refused after another user has logged in is not repeated as that user', async ({
  account,
  context,
  grace,
  user,
  networkLog,
}) => {
  const of = { user: await networkLog.accessToken() };
  const gate = await holdRequests(account, api.me);
  await callTheApi(account);
  await expect.poll(() => gate.arrived).toBe(1);

  const other = await context.newPage();
  await other.goto(pages.account);
  await expectAccountOf(other, user);
  await logOut(other);
  await expect(other).toHaveURL(pages.login);
  await sendLogin(other, grace);
  await expectAccountOf(account, grace);
  await expect(account.locator('body')).not.toContainText(user.email);

  gate.open();
  await expect(networkEntries(account)).toContainText(`GET ${api.me} 401`);
  // Later calls are made as the user who is logged in now.
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');
  const asked = networkLog.to(api.me).map((it) => [it.bearer, it.outcome]);
  expect(asked).toEqual([
    [of.user, 401],
    [await networkLog.accessToken(), 200],
  ]);
});

test('a logout that waited while another user logged in revokes no session', async ({
  account,
  context,
  grace,
  networkLog,
}) => {
  const form = await loginForm(context);
  const gate = await holdRequests(form, api.login);
  await sendLogin(form, grace);
  await expect.poll(() => gate.arrived).toBe(1);
  // The login holds the lock.
  await logOut(account);
  const button = account.getByRole('button', { name: 'Log out', exact: true });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  expect(networkLog.to(api.logout)).toEqual([]);

  gate.open();
  await expectAccountOf(form, grace);
  await expectAccountOf(account, grace);
  await expectNotice(account, replaced);
  await expect(button).not.toHaveAttribute('aria-disabled');
  await account.reload();
  await expectAccountOf(account, grace);
});

test('a page of another user than the one logged in, which cannot find out who that is, shows no user', async ({
  account,
  context,
  grace,
  user,
}) => {
  await unheardOf(grace, account, user, context);
  const restore = await failRefreshes(account);
  await logOut(account);
  await expect(account.getByText('Restoring your session…')).toBeVisible({ timeout: 20_000 });
  await expect(account.locator('body')).not.toContainText(user.email);
  await restore();
  await account.getByRole('button', { name: 'Try again' }).click();
  await expectAccountOf(account, grace);
});

test("a logout on a page that missed another login does not revoke the other user's session", async ({
  account,
  context,
  grace,
  user,
  networkLog,
}) => {
  const form = await unheardOf(grace, account, user, context);
  networkLog.clear();
  await logOut(account);
  await expectAccountOf(account, grace);
  await expectNotice(account, replaced);
  expect(networkLog.lines()).toEqual([`POST ${api.logout} 204`, `POST ${api.refresh} 200`]);
  await form.reload();
  await expectAccountOf(form, grace);
});

for (const [what, answer, entry] of [
  ['an unexpected refusal', problem(403, 'blocked'), '403'],
  ['no answer', 'lost', 'no answer'],
] as const) {
  test(`${what} in answer to a refresh of one user is no error for the next`, async ({ account, context, grace }) => {
    // With Web Locks, the login would wait for the refresh.
    await context.addInitScript(withoutWebLocks);
    const gate = await holdRequests(account, api.refresh, answer);
    await account.reload();
    await expect.poll(() => gate.arrived).toBe(1);
    await sendLogin(await loginForm(context), grace);
    await expectAccountOf(account, grace);

    gate.open();
    await expect(networkEntries(account)).toContainText(`POST ${api.refresh} ${entry}`);
    await expect(account.locator('.notices')).toBeEmpty();
    await expectAccountOf(account, grace);
    await callTheApi(account);
    await expectCallResult(account, 'Answered in one try.');
    await expect(account.locator('.notices')).toBeEmpty();
  });
}
