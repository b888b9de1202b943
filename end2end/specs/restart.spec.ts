// The server restarts under its users. This file stops and starts its worker's server.
import { api } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice } from '../support/users';

test.beforeEach(({ consoleErrors }) => {
  // Requests that were in flight when the server stopped, of the icon for one.
  consoleErrors.allow(/ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE/);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`a server that is stopped with ${signal} and started again signs no user out`, async ({
    account,
    server,
    user,
    networkLog,
  }) => {
    await server.stop(signal);
    await callTheApi(account);
    await expectCallResult(account, /^The server cannot be reached\. You are still logged in/);
    await server.start();
    await callTheApi(account);
    await expectCallResult(account, 'Answered in one try.');
    await account.reload();
    await expectAccountOf(account, user);
    await expect.poll(() => networkLog.refreshOutcomes()).toEqual([200]);
  });
}

test('a refresh that finds the server down succeeds when it is back', async ({
  account,
  context,
  server,
  user,
  networkLog,
}) => {
  // The page loads while the server runs; its refresh is held until the server is down.
  let arrive = () => {};
  const gone = new Promise<void>((resolve) => (arrive = resolve));
  await context.route(`**${api.refresh}`, async (route) => {
    await gone;
    await route.continue();
  });
  await account.reload();
  await expect.poll(() => networkLog.refreshes().length).toBe(1);
  await server.stop('SIGKILL');
  arrive();
  await expectNotice(account, 'The server cannot be reached. Your session is kept.');
  await server.start();
  // By an automatic retry if the server was quick, else by a press.
  const tryAgain = account.getByRole('button', { name: 'Try again' });
  await expect(async () => {
    if (await tryAgain.isVisible()) await tryAgain.click({ timeout: 1_000 });
    await expect(account.getByRole('main')).toContainText(user.email, { timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  await expectAccountOf(account, user);
  await expect(account.locator('.notices')).toBeEmpty();
  expect(networkLog.refreshes().length).toBeGreaterThan(1);
  expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(1);
});
