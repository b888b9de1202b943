// The browser keeps a page it has left, frozen, and shows it again on the way back. What the frozen
// page could not hear, it must not contradict.
import type { Page } from '@playwright/test';
import { loginAndBack, pages } from '../support/contract';
import { withoutTheChannel } from '../support/lacking';
import { expect, test } from '../support/test';
import { expectAccountOf, hydrated, logOut } from '../support/users';

/** What the browser tells a page that it shows (HTML standard, `pageshow`). */
async function comeBack(page: Page, persisted: boolean): Promise<void> {
  await page.evaluate((persisted) => {
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted }));
  }, persisted);
}

test('a page that comes back from the cache after a logout shows nothing private', async ({
  context,
  account,
  user,
}) => {
  // A frozen page hears of nothing; neither does one without the channel.
  await context.addInitScript(withoutTheChannel);
  await account.reload();
  await expectAccountOf(account, user);
  const other = await context.newPage();
  await other.goto(pages.account);
  await expectAccountOf(other, user);
  await logOut(other);
  await expect(other).toHaveURL(pages.login);
  await expectAccountOf(account, user);

  await comeBack(account, true);
  await expect(account).toHaveURL(loginAndBack);
  await hydrated(account);
  await expect(account.locator('body')).not.toContainText(user.email);
});

test('a page that comes back from the cache is restored like any other', async ({
  account,
  user,
  wire,
}) => {
  wire.forget();
  await comeBack(account, false);
  const again = account.waitForEvent('load');
  await comeBack(account, true);
  await again;
  await expectAccountOf(account, user);
  await expect.poll(() => wire.refreshOutcomes()).toEqual([200]);
});
