// A browser that keeps no cookies, or loses them, at the expiry of its access token.
import { hintCookie, loginWithReturn, pages, refreshCookie } from '../support/contract';
import { getCookie } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import { expectNoticeWith, refuseSecureCookies } from '../support/no-cookies';
import { SHORT_ACCESS_TOKEN_SECONDS } from '../support/token-expiry';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice, open, sendLogin } from '../support/users';

test.use({ accessTokenSeconds: SHORT_ACCESS_TOKEN_SECONDS });

const lasted =
  'Your login is over: this browser kept no cookie of it, so it lasted only as long as its first access token.';

test('the login ends with its access token, in both tabs, and no theft is reported', async ({
  context,
  page,
  server,
  user,
  networkLog,
}) => {
  // Other tests have used this server: skip their log.
  const before = server.log.length;
  await refuseSecureCookies(context);
  const other = await context.newPage();
  await open(other, pages.login);
  await open(page, pages.login);
  await sendLogin(page, user);
  await expectAccountOf(page, user);
  await expectAccountOf(other, user);
  for (const tab of [page, other]) {
    await expect(tab).toHaveURL(loginWithReturn);
    await expectNotice(tab, lasted);
    await expect(tab.locator('.notices')).not.toContainText(/stolen|copied|logged out from|used a second time/);
  }
  expect(networkLog.refreshes(), 'a refresh could not have succeeded').toEqual([]);
  expect(server.log.slice(before)).not.toContain('replay');
});

test('the page says that its cookies are gone, and at the end that they were', async ({
  account,
  context,
  networkLog,
}) => {
  await context.clearCookies();
  await callTheApi(account);
  await expectNoticeWith(account, /^The cookie that says that you are logged in is not in this browser any more/);
  await expect(async () => {
    await callTheApi(account);
    await expect(account).toHaveURL(loginWithReturn, { timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await expectNotice(account, /^Your session could not continue: its cookies are not in this browser any more/);
  expect(networkLog.refreshOutcomes()).toEqual([401]);
});

test('a removed hint alone ends no session: the next refresh sets it again', async ({ expired, context, user }) => {
  await context.clearCookies({ name: hintCookie });
  await callTheApi(expired);
  await expectCallResult(expired, 'Expired, refreshed, repeated: answered.');
  await expectAccountOf(expired, user);
  await expect(expired.locator('.notices')).toBeEmpty();
  expect(await getCookie(context, hintCookie)).toBeDefined();
  expect(await getCookie(context, refreshCookie)).toBeDefined();
});
