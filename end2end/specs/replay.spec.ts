// A thief has copied the refresh cookie. Once owner and thief have both presented it (replay), the session is revoked
// for both, and the owner is warned.
import { api, loginWithReturn, pages } from '../support/contract';
import { presentRefreshToken, ticket } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import { IPHONE } from '../support/sessions';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice, logIn, sendLogin } from '../support/users';

/** A call with an access token of the session gets the reason of the revocation; a refresh does not. */
const why = /^You were logged out: the refresh token of this session was used a second time, and not by a retry/;
const whoKnows = /^Your session is over: it has expired, was logged out, or/;

test("a copied cookie that is replayed after the owner's refresh revokes the session, and the page says why", async ({
  account,
  context,
  playwright,
  server,
  user,
  networkLog,
}) => {
  const stolen = await ticket(context);
  await account.reload();
  await expectAccountOf(account, user);
  expect(await presentRefreshToken(playwright.request, server.origin, stolen)).toEqual({
    status: 401,
    code: 'invalid_grant',
    next: undefined,
  });

  networkLog.clear();
  await callTheApi(account);
  await expect(account).toHaveURL(loginWithReturn);
  await expectNotice(account, why);
  await expect(account.locator('body')).not.toContainText(user.email);
  // The access token is revoked at once, and no new one is issued.
  await expect.poll(() => networkLog.lines()).toEqual([`GET ${api.me} 401`, `POST ${api.refresh} 401`]);

  await sendLogin(account, user);
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
});

test('a thief who refreshes first is detected when the owner refreshes', async ({
  account,
  context,
  playwright,
  server,
  networkLog,
}) => {
  const stolen = await ticket(context);
  const loot = await presentRefreshToken(playwright.request, server.origin, stolen, 'the-thiefs-own-key-1');
  expect(loot.status, 'not detectable yet').toBe(200);

  networkLog.clear();
  await account.reload();
  await expect(account).toHaveURL(loginWithReturn);
  await expectNotice(account, whoKnows);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.refresh} 401`]);
  // The thief's ticket is revoked now.
  const again = await presentRefreshToken(playwright.request, server.origin, loot.next ?? '', 'the-thiefs-own-key-2');
  expect(again).toMatchObject({ status: 401, code: 'invalid_grant' });
});

test('a thief with another browser gets no token without the password, and the owner keeps the session', async ({
  account,
  context,
  playwright,
  server,
  user,
}) => {
  const stolen = await ticket(context);
  const refused = await presentRefreshToken(playwright.request, server.origin, stolen, 'the-thiefs-own-key-1', IPHONE);
  expect(refused).toEqual({
    status: 401,
    code: 'insufficient_user_authentication',
    next: undefined,
  });
  // A refresh from another device: from now on the session requires a step-up on every device.
  await account.reload();
  const dialog = account.getByRole('dialog', { name: 'Enter your password' });
  await dialog.getByLabel('Password', { exact: true }).fill(user.password);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog).toBeHidden();
  await expectAccountOf(account, user);
});

test('every tab of the session shows why', async ({ account, context, playwright, server, user }) => {
  const other = await context.newPage();
  const stolen = await ticket(context);
  await other.goto(pages.account);
  await expectAccountOf(other, user);
  await presentRefreshToken(playwright.request, server.origin, stolen);
  await callTheApi(account);
  for (const tab of [account, other]) {
    await expect(tab).toHaveURL(loginWithReturn);
    await expectNotice(tab, why);
  }
});

test("the user's other browser stays logged in", async ({
  account,
  browser,
  consoleErrors,
  context,
  playwright,
  server,
  user,
}) => {
  const otherBrowser = await browser.newContext({ baseURL: server.origin });
  consoleErrors.watch(otherBrowser);
  const laptop = await otherBrowser.newPage();
  await logIn(laptop, user);

  const stolen = await ticket(context);
  await account.reload();
  await expectAccountOf(account, user);
  await presentRefreshToken(playwright.request, server.origin, stolen);
  await callTheApi(account);
  await expectNotice(account, why);

  await callTheApi(laptop);
  await expectCallResult(laptop, 'Answered in one try.');
  await laptop.reload();
  await expectAccountOf(laptop, user);
  await otherBrowser.close();
});
