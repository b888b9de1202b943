// HTTP 429: the form counts down to Retry-After, and works again afterwards.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { mockNextResponse, problem } from '../support/network-faults';
import { expectAccountOf, open, sendLogin } from '../support/users';

/** Polling would miss a text that is shown for one second. */
function collectsTheCountdown(): string[] {
  const said: string[] = [];
  new MutationObserver(() => {
    const text = document.querySelector('[role=timer]')?.textContent;
    if (text && said.at(-1) !== text) said.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
  return said;
}

test('a login that comes too often counts the seconds, and then works', async ({ page, user, networkLog }) => {
  await open(page, pages.login);
  const limited = { ...problem(429, 'rate_limited'), headers: { 'Retry-After': '5' } };
  const said = await page.evaluateHandle(collectsTheCountdown);
  await mockNextResponse(page, api.login, limited);
  await sendLogin(page, user);
  await expect(page.getByRole('alert')).toHaveText('There were too many attempts.');
  await expect(page.getByRole('timer')).toBeVisible();
  const button = page.getByRole('main').getByRole('button', { name: 'Log in' });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  await button.press('Enter');
  await expect(page.getByText('You can try again now.')).toBeVisible();
  const countdown = await said.jsonValue();
  expect(countdown[0]).toMatch(/^Try again in [2345] seconds\.$/);
  expect(countdown.at(-1)).toBe('Try again in a second.');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(button).not.toHaveAttribute('aria-disabled');
  expect(networkLog.lines()).toEqual([`POST ${api.login} 429`]);
  await button.click();
  await expectAccountOf(page, user);
});

test('a rate limit without Retry-After is shown without a countdown', async ({ page, user }) => {
  await open(page, pages.login);
  await mockNextResponse(page, api.login, problem(429, 'rate_limited'));
  await sendLogin(page, user);
  await expect(page.getByRole('alert')).toHaveText('There were too many attempts. Try again later.');
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await expectAccountOf(page, user);
});

test('a lockout says what lifts it instead of counting down, and allows another try', async ({ page, user }) => {
  await open(page, pages.login);
  const lockout = problem(429, 'rate_limited', { limited_by: 'lockout' });
  await mockNextResponse(page, api.login, { ...lockout, headers: { 'Retry-After': '31536000' } });
  await sendLogin(page, user);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('log in on a device where you have logged in before');
  await expect(alert).toContainText('ask the administrator');
  await expect(page.getByRole('timer')).toHaveCount(0);
  // The administrator may have lifted the lockout by now.
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await expectAccountOf(page, user);
});
