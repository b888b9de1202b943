// The back/forward cache (bfcache): the browser freezes a page and shows it again. The page must not contradict a
// revocation that it missed while frozen.
import { wholeChromium } from '../playwright.config';
import { loginWithReturn, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { withoutBroadcastChannel } from '../support/missing-features';
import { startOtherSite } from '../support/other-site';
import { expectAccountOf, logOut, open, waitForHydration } from '../support/users';

// Playwright disables the bfcache.
const ignoreDefaultArgs = ['--disable-back-forward-cache'];
test.use({ launchOptions: { ...wholeChromium, ignoreDefaultArgs } });

test('a page from the back/forward cache is reloaded when it is shown again', async ({ context, page }) => {
  const shown: string[] = [];
  page.on('console', (message) => message.type() === 'info' && shown.push(message.text()));
  await context.addInitScript(() => {
    window.addEventListener('pageshow', ({ persisted }) => console.info(persisted ? 'kept' : 'new'));
  });
  // Chromium caches `no-store` pages, but not those that have fetched a `no-store` response, as every page with a
  // session has, nor those whose cookies have changed, as by the test cookie of the login page. Other browsers may
  // cache more.
  await open(page, pages.home);
  const site = await startOtherSite('<h1>Elsewhere</h1>');
  await page.goto(site.origin);
  await page.goBack({ waitUntil: 'commit' });
  await expect.poll(() => shown.slice(-2)).toEqual(['kept', 'new']);
  await site.close();
});

test('a cached page that missed a logout shows no private data', async ({ account, context, user }) => {
  // Chromium evicts a cached page when a cookie changes. To simulate a browser that does not: a `pageshow` event with
  // `persisted`, and no BroadcastChannel, so that the page misses messages like a frozen one.
  await context.addInitScript(withoutBroadcastChannel);
  await account.reload();
  await expectAccountOf(account, user);
  const other = await context.newPage();
  await other.goto(pages.account);
  await expectAccountOf(other, user);
  await logOut(other);
  await expect(other).toHaveURL(pages.login);
  await expectAccountOf(account, user);

  await account.evaluate(() => {
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
  });
  await expect(account).toHaveURL(loginWithReturn);
  await waitForHydration(account);
  await expect(account.locator('body')).not.toContainText(user.email);
});
