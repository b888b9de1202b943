// The response to a logout must not give later pages another set of Web Locks than earlier ones.
import { callConcurrentlyAndRefuse } from '../support/concurrent-calls';
import { pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { expectAccountOf, logIn, logOut } from '../support/users';

test('tabs from before and after a logout share one set of Web Locks, and take turns', async ({
  account,
  context,
  user,
  networkLog,
}) => {
  await logOut(account);
  await expect(account).toHaveURL(pages.login);
  await logIn(account, user);
  const later = await context.newPage();
  await later.goto(pages.account);
  await expectAccountOf(later, user);
  await account.evaluate(() => void navigator.locks.request('probe', () => new Promise(() => {})));
  const seen = async () => {
    const { held } = await later.evaluate(() => navigator.locks.query());
    return held?.map((lock) => lock.name);
  };
  await expect.poll(seen).toContain('probe');
  const tabs = [account, later];
  // More rounds by hand: LOCK_ROUNDS=1000 npx playwright test specs/web-locks-after-logout.spec.ts
  const rounds = Number(process.env.LOCK_ROUNDS ?? 20);
  test.setTimeout(60_000 + rounds * 5_000);
  // A permanent route: else the browser would start and stop request interception in each round, and sometimes lose a
  // request.
  for (const tab of tabs) await tab.route('**/never-asked-for', (route) => route.continue());
  let doubles = 0;
  for (let round = 0; round < rounds; round += 1) {
    networkLog.clear();
    await callConcurrentlyAndRefuse(tabs);
    const outcomes = networkLog.refreshOutcomes();
    expect(new Set(outcomes), 'no session is revoked').toEqual(new Set([200]));
    doubles += outcomes.length - 1;
  }
  console.log(`${rounds} rounds, ${doubles} double refreshes, none of which revoked the session`);
  // The lock may be released before the broadcast of the new token has arrived: sometimes one more rotation.
  expect(doubles).toBeLessThanOrEqual(1 + rounds / 20);
  for (const tab of tabs) {
    await tab.reload();
    await expectAccountOf(tab, user);
  }
});
