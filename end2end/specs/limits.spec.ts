// The server's own limits, as in front of users: who guesses has to wait, and gets in afterwards.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/test';
import { expectAccountOf, open, sendLogin } from '../support/users';

test.use({ limits: 'default' });

/** Five guesses cost no time, each further one twice the time of the last. No page sends so many that fast. */
const MOST_GUESSES = 12;

test('who guesses on a device that nobody knows is made to wait, and told for how long', async ({
  page,
  user,
  wire,
}) => {
  await open(page, pages.login);
  const statuses: number[] = [];
  let wait = 0;
  // Until the wait is long enough to be looked at.
  while (wait < 4 && statuses.length < MOST_GUESSES) {
    if (wait > 0) await expect(page.getByText('You can try again now.')).toBeVisible();
    const answered = page.waitForResponse(`**${api.login}`);
    await sendLogin(page, { ...user, password: `guess number ${statuses.length}` });
    const answer = await answered;
    statuses.push(answer.status());
    wait = Number(answer.headers()['retry-after'] ?? 0);
  }
  expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
  expect(statuses.at(-1)).toBe(429);
  await expect(page.getByRole('alert')).toHaveText('Too many passwords in a row were wrong.');
  await expect(page.getByRole('timer')).toHaveText(/^Try again in (a|\d+) seconds?\.$/);
  await expect(page.getByText('You can try again now.')).toBeVisible({ timeout: 20_000 });
  wire.forget();
  await sendLogin(page, user);
  await expectAccountOf(page, user);
  expect(wire.lines()[0]).toBe(`POST ${api.login} 200`);
});
