// Web Locks that do not exclude: a browser that clears or evicts an origin's storage gives pages that come later
// another set of locks, so that tabs from before and after hold one lock at a time each.

import { kindsOverheard, overhear } from '../support/channel';
import { pages, pendingAttempt } from '../support/contract';
import { SHORT_LIFE_SECONDS, untilTheTokenHasExpired } from '../support/expiry';
import { locksApart, readsTheAttemptLate } from '../support/lacking';
import { expect, test } from '../support/test';
import { callTogether } from '../support/together';
import { expectAccountOf } from '../support/users';

test.use({ accessTokenSeconds: SHORT_LIFE_SECONDS });

test('tabs with locks of their own find out, and share one attempt all the same', async ({
  account,
  context,
  request,
  user,
  networkLog,
}) => {
  const ear = await context.newPage();
  await overhear(ear);
  const later = await context.newPage();
  await later.addInitScript(locksApart);
  await later.goto(pages.account);
  await expectAccountOf(later, user);
  await expect.poll(() => kindsOverheard(ear)).toContain('locks_differ');
  const tabs = [account, later];
  for (let round = 0; round < 3; round += 1) {
    await untilTheTokenHasExpired(networkLog, request);
    for (const tab of tabs) await tab.evaluate(readsTheAttemptLate, pendingAttempt);
    networkLog.clear();
    await callTogether(tabs);
    expect(networkLog.refreshOutcomes()).not.toContain(401);
  }
  for (const tab of tabs) {
    await tab.reload();
    await expectAccountOf(tab, user);
  }
});
