// Web Locks that do not exclude: a browser that clears or evicts an origin's storage gives later pages another set of
// locks, so that two tabs hold one lock at the same time.
import { recordedKinds, recordMessages } from '../support/broadcast-channel';
import { callConcurrently } from '../support/concurrent-calls';
import { pages, pendingAttempt } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { withDelayedStorageReads, withPartitionedLocks } from '../support/missing-features';
import { SHORT_ACCESS_TOKEN_SECONDS, waitForTokenExpiry } from '../support/token-expiry';
import { expectAccountOf } from '../support/users';

test.use({ accessTokenSeconds: SHORT_ACCESS_TOKEN_SECONDS });

test('tabs with partitioned Web Locks detect it, and share one attempt all the same', async ({
  account,
  context,
  request,
  user,
  networkLog,
}) => {
  const recorder = await context.newPage();
  await recordMessages(recorder);
  const later = await context.newPage();
  await later.addInitScript(withPartitionedLocks);
  await later.goto(pages.account);
  await expectAccountOf(later, user);
  await expect.poll(() => recordedKinds(recorder)).toContain('locks_differ');
  const tabs = [account, later];
  for (let round = 0; round < 3; round += 1) {
    await waitForTokenExpiry(networkLog, request);
    for (const tab of tabs) await tab.evaluate(withDelayedStorageReads, pendingAttempt);
    networkLog.clear();
    await callConcurrently(tabs);
    expect(networkLog.refreshOutcomes()).not.toContain(401);
  }
  for (const tab of tabs) {
    await tab.reload();
    await expectAccountOf(tab, user);
  }
});
