import { api, hintCookie, loginWithReturn, pages, pendingAttempt } from '../support/contract';
import { generation, ticket } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice, waitForHydration } from '../support/users';

test('a reload keeps the session: one silent refresh, one new ticket', async ({
  account,
  context,
  user,
  networkLog,
}) => {
  const before = generation(await ticket(context));
  networkLog.clear();
  await account.reload();
  await expectAccountOf(account, user);
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.refresh} 200`, `GET ${api.me} 200`]);
  expect(generation(await ticket(context))).toBe(before + 1);
  expect(networkLog.refreshes()[0]?.attemptKey).toMatch(/^[0-9a-f]{32}$/);
  // The attempt is answered, so its key is deleted.
  expect(await account.evaluate((key) => localStorage.getItem(key), pendingAttempt)).toBeNull();
});

test('every reload is an attempt of its own', async ({ account, context, user, networkLog }) => {
  const before = generation(await ticket(context));
  for (let round = 0; round < 5; round += 1) {
    await account.reload();
    await expectAccountOf(account, user);
  }
  await expect.poll(() => networkLog.refreshOutcomes()).toEqual([200, 200, 200, 200, 200]);
  expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(5);
  expect(generation(await ticket(context))).toBe(before + 5);
});

test('reloads that come faster than the answers sign no user out', async ({ account, user, networkLog }) => {
  for (let round = 0; round < 6; round += 1) {
    const refreshes = networkLog.refreshes().length;
    await account.reload({ waitUntil: 'commit' });
    // As soon as the refresh is sent, the page is reloaded.
    await expect.poll(() => networkLog.refreshes().length).toBeGreaterThan(refreshes);
  }
  await account.reload();
  await expectAccountOf(account, user);
  expect(networkLog.refreshOutcomes()).not.toContain(401);
});

test('a hint without a session is discovered once and leads to login', async ({ account, context, networkLog }) => {
  const hint = (await context.cookies()).filter((it) => it.name === hintCookie);
  await context.clearCookies();
  await context.addCookies(hint);
  networkLog.clear();
  await account.goto(pages.account);
  await expect(account).toHaveURL(loginWithReturn);
  await expectNotice(account, /^Your session is over:/);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.refresh} 401`]);

  // The hint is gone: the next page makes no call.
  networkLog.clear();
  await account.goto(pages.home);
  await waitForHydration(account);
  await expect(account.getByRole('link', { name: 'Register' })).toBeVisible();
  await expect.poll(() => networkLog.lines()).toEqual([]);
});

test('a session without its hint is offered the login, and nothing breaks', async ({ account, context }) => {
  await context.clearCookies({ name: hintCookie });
  await account.goto(pages.home);
  await waitForHydration(account);
  await expect(account.getByRole('link', { name: 'Log in', exact: true })).toBeVisible();
});
