// The access token expires while the page is in use.
import { api } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { withoutWebLocks } from '../support/missing-features';
import { holdRequests } from '../support/network-faults';
import { SHORT_ACCESS_TOKEN_SECONDS, waitForTokenExpiry } from '../support/token-expiry';
import { callTheApi, expectAccountOf, expectCallResult } from '../support/users';

test.use({ accessTokenSeconds: SHORT_ACCESS_TOKEN_SECONDS });

test('expiry in mid-use is invisible: the call is refused, the token renewed, the call repeated', async ({
  account,
  request,
  user,
  networkLog,
}) => {
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');
  await waitForTokenExpiry(networkLog, request);
  // The countdown has reached zero, and has triggered no refresh.
  await expect(account.getByRole('timer')).toHaveText('0:00');
  expect(networkLog.refreshes()).toEqual([]);
  networkLog.clear();

  await callTheApi(account);
  await expectCallResult(account, 'Expired, refreshed, repeated: answered.');
  const calls = [`GET ${api.me} 401`, `POST ${api.refresh} 200`, `GET ${api.me} 200`];
  await expect.poll(() => networkLog.lines()).toEqual(calls);
  const [refused, , repeated] = networkLog.exchanges;
  expect(repeated?.bearer).not.toBe(refused?.bearer);
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
  // The page's network list shows the same calls.
  const entries = account.getByRole('list', { name: 'Network log' }).getByRole('listitem');
  await expect(entries).toHaveText([/login 200$/, `GET ${api.me} 200`, ...calls]);
});

for (const [where, takeAway] of [
  ['', () => undefined],
  // With the lock, the second call finds the token that the first refresh has brought.
  [' in a browser without Web Locks', withoutWebLocks],
] as const) {
  test(`ten calls at once after expiry make one refresh${where}`, async ({
    account,
    context,
    request,
    user,
    networkLog,
  }) => {
    await context.addInitScript(takeAway);
    await account.reload();
    await expectAccountOf(account, user);
    await waitForTokenExpiry(networkLog, request);
    networkLog.clear();
    const gate = await holdRequests(account, api.me);
    // The button waits for its response, so each call needs a new button: the test leaves and enters the page without
    // a reload while earlier calls are in flight. On a slow machine that takes longer than the page's timeout, so the
    // timeout is disabled.
    await account.evaluate(() => (AbortSignal.timeout = () => new AbortController().signal));
    for (let calls = 1; calls <= 10; calls += 1) {
      const sent = account.waitForRequest(`**${api.me}`);
      await callTheApi(account);
      await sent;
      if (calls === 10) break;
      await account.getByRole('link', { name: 'Baton' }).click();
      await account.getByRole('link', { name: 'Watch your session run' }).click();
    }
    await expect.poll(() => gate.arrived).toBe(10);
    const old = new Set(networkLog.to(api.me).map((it) => it.bearer));
    expect(old.size, 'all ten calls carry the expired token').toBe(1);
    expect(networkLog.refreshes()).toEqual([]);

    gate.open();
    await expectCallResult(account, 'Expired, refreshed, repeated: answered.');
    const outcomes = () => networkLog.to(api.me).map((it) => it.outcome);
    const refused = Array<number>(10).fill(401);
    const answered = Array<number>(10).fill(200);
    await expect.poll(outcomes).toEqual([...refused, ...answered]);
    await expect.poll(() => networkLog.refreshOutcomes()).toEqual([200]);
    await expectAccountOf(account, user);
  });
}

test('a second press while a call is on its way asks for nothing', async ({ account, networkLog }) => {
  const gate = await holdRequests(account, api.me);
  const button = account.getByRole('button', { name: 'Call the API' });
  await button.click();
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  for (let press = 0; press < 9; press += 1) await button.press('Enter');
  gate.open();
  await expectCallResult(account, 'Answered in one try.');
  await expect(button).not.toHaveAttribute('aria-disabled');
  expect(networkLog.to(api.me)).toHaveLength(1);
});
