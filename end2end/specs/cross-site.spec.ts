// Cross-site requests (CSRF) and framing, while the user is logged in.
import { api, pages } from '../support/contract';
import { ticket } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import { startOtherSite } from '../support/other-site';
import { expectAccountOf } from '../support/users';

test('a refresh or a logout that a script of another site asks for changes nothing', async ({
  account,
  consoleErrors,
  context,
  server,
  user,
  networkLog,
}) => {
  const before = await ticket(context);
  const site = await startOtherSite('<h1>Elsewhere</h1>');
  const page = await context.newPage();
  await page.goto(site.origin);
  networkLog.clear();
  // The other site's console reports that it may not read the refusal (CORS).
  consoleErrors.allow(/ERR_BLOCKED_BY_RESPONSE|CORS/);
  for (const path of [api.refresh, api.logout]) {
    await page.evaluate(async (url) => {
      const options = { method: 'POST', credentials: 'include', mode: 'no-cors' } as const;
      await fetch(url, options).catch(() => undefined);
    }, server.origin + path);
  }
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.refresh} lost`, `POST ${api.logout} lost`]);
  expect(await ticket(context)).toBe(before);
  await account.reload();
  await expectAccountOf(account, user);
  await site.close();
});

for (const path of [api.refresh, api.logout]) {
  test(`a form of another site that is sent to ${path} is refused and changes nothing`, async ({
    account,
    consoleErrors,
    context,
    server,
    user,
    networkLog,
  }) => {
    const before = await ticket(context);
    const action = server.origin + path;
    const site = await startOtherSite(`<form method="post" action="${action}"><button>Win a prize</button></form>`);
    consoleErrors.allow(/403/);
    const page = await context.newPage();
    await page.goto(site.origin);
    await page.getByRole('button', { name: 'Win a prize' }).click();
    await expect.poll(() => networkLog.to(path).map((it) => it.outcome)).toEqual([403]);
    expect(await ticket(context)).toBe(before);
    await account.reload();
    await expectAccountOf(account, user);
    await site.close();
  });
}

test('no page lets itself be framed', async ({ account, consoleErrors, context, server, user }) => {
  const source = server.origin + pages.account;
  const site = await startOtherSite(`<iframe src="${source}" title="trap"></iframe>`);
  consoleErrors.allow(/frame/i);
  const page = await context.newPage();
  const refused = page.waitForEvent('console', (it) => /frame/i.test(it.text()));
  await page.goto(site.origin);
  await refused;
  await expect(page.frameLocator('iframe').getByText(user.email)).toHaveCount(0);
  await expectAccountOf(account, user);
  await site.close();
});

test("a link from another site leads to the logged-in user's account", async ({ account, server, user }) => {
  // SameSite=Strict keeps the refresh cookie off the navigation; the page's own refresh sends it.
  const site = await startOtherSite(`<a href="${server.origin}${pages.account}">Your account</a>`);
  await account.goto(site.origin);
  await account.getByRole('link').click();
  await expectAccountOf(account, user);
  await site.close();
});
