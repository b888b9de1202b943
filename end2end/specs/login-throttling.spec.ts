// Login throttling with the server's default limits: password guesses have to wait, and the right password works
// afterwards.
import type { Page } from '@playwright/test';
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { SHORT_RECENT_LOGIN_SECONDS, waitUntilStepUpRequired } from '../support/sessions';
import { deleteAccount, openSettings } from '../support/settings';
import { expectAccountOf, expectNotice, open, sendLogin } from '../support/users';

test.use({ limits: 'default', recentLoginSeconds: SHORT_RECENT_LOGIN_SECONDS });

/** Five guesses cost no wait, each further guess twice the wait of the last. No page sends so many that fast. */
const MOST_GUESSES = 12;

/** Guesses until the throttle's wait is long enough to observe. `path` is where `guess` sends a password. */
async function guessUntilThereIsAWait(
  page: Page,
  path: string,
  guess: (password: string) => Promise<void>,
): Promise<void> {
  const statuses: number[] = [];
  let wait = 0;
  while (wait < 4 && statuses.length < MOST_GUESSES) {
    if (wait > 0) await expect(page.getByText('You can try again now.')).toBeVisible();
    const answered = page.waitForResponse(`**${path}`);
    await guess(`guess number ${statuses.length}`);
    const answer = await answered;
    statuses.push(answer.status());
    wait = Number(answer.headers()['retry-after'] ?? 0);
  }
  expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
  expect(statuses.at(-1)).toBe(429);
  await expect(page.getByRole('alert')).toHaveText('Too many passwords in a row were wrong.');
  await expect(page.getByRole('timer')).toHaveText(/^Try again in (a|\d+) seconds?\.$/);
  await expect(page.getByText('You can try again now.')).toBeVisible({ timeout: 20_000 });
}

test('password guesses on an unknown device are throttled, and the page says for how long', async ({
  page,
  user,
  networkLog,
}) => {
  await open(page, pages.login);
  await guessUntilThereIsAWait(page, api.login, (password) => sendLogin(page, { ...user, password }));
  networkLog.clear();
  await sendLogin(page, user);
  await expectAccountOf(page, user);
  expect(networkLog.lines()[0]).toBe(`POST ${api.login} 200`);
});

test('password guesses in a step-up are throttled as well, and the right password is accepted', async ({
  account,
  request,
  user,
  networkLog,
}) => {
  await waitUntilStepUpRequired(networkLog, request);
  await openSettings(account);
  await deleteAccount(account);
  const dialog = account.getByRole('dialog', { name: 'Enter your password' });
  const send = async (password: string) => {
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Continue' }).click();
  };
  await expect(dialog).toBeVisible();
  await guessUntilThereIsAWait(account, api.confirm, send);
  await send(user.password);
  await expectNotice(account, 'Your account was deleted, and all that was stored with it.');
});
