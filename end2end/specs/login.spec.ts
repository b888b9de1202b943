import { api, hintCookie, loginWithReturn, pages, refreshCookie } from '../support/contract';
import { getCookie, presentRefreshToken, ticket } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import { holdRequests } from '../support/network-faults';
import { callTheApi, expectAccountOf, expectCallResult, logIn, newUser, open, sendLogin } from '../support/users';

const refusal = 'This email address and password open no account. Check both and try again.';

test('a wrong password is refused, and the right password is accepted after it', async ({
  page,
  context,
  user,
  networkLog,
}) => {
  await open(page, pages.login);
  await sendLogin(page, { ...user, password: `${user.password}?` });
  await expect(page.getByRole('alert')).toHaveText(refusal);
  await expect(page).toHaveURL(pages.login);
  expect(await getCookie(context, refreshCookie)).toBeUndefined();
  expect(await getCookie(context, hintCookie)).toBeUndefined();

  await sendLogin(page, user);
  await expectAccountOf(page, user);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.login} 401`, `POST ${api.login} 200`]);
});

test('an unknown user is refused in the same words as a wrong password', async ({ page, networkLog }) => {
  await open(page, pages.login);
  await sendLogin(page, newUser());
  await expect(page.getByRole('alert')).toHaveText(refusal);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.login} 401`]);
});

test('a form says that it is busy, and a second press sends nothing', async ({ page, user, networkLog }) => {
  await open(page, pages.login);
  const gate = await holdRequests(page, api.login);
  await sendLogin(page, user);
  const button = page.getByRole('main').getByRole('button', { name: 'Logging in…' });
  await expect(button).toHaveAttribute('aria-disabled', 'true');
  for (let press = 0; press < 3; press += 1) await button.press('Enter');
  gate.open();
  await expectAccountOf(page, user);
  await callTheApi(page);
  await expectCallResult(page, 'Answered in one try.');
  expect(networkLog.to(api.login)).toHaveLength(1);
});

test('a refusal that arrives after its form was left is not shown', async ({ page, user, networkLog }) => {
  await open(page, pages.login);
  const gate = await holdRequests(page, api.login);
  await sendLogin(page, { ...user, password: `${user.password}?` });
  await expect.poll(() => gate.arrived).toBe(1);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await expect(page).toHaveURL(pages.register);
  await page.getByLabel('Email').fill(user.email);
  const name = page.getByLabel('Name');
  await name.fill('Ada');
  gate.open();
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.login} 401`]);
  // The next page does not show the refusal, and works; `consoleErrors` would report an exception.
  await expect(name).toBeFocused();
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await expect(page.locator('#password-error')).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a protected page sends to login, and login sends back', async ({ page, user }) => {
  const answer = await page.goto(pages.account);
  await expect(page).toHaveURL(loginWithReturn);
  // The server has redirected: no part of the page is shown first.
  expect(answer?.request().redirectedFrom()?.url()).toContain(pages.account);
  await sendLogin(page, user);
  await expectAccountOf(page, user);
});

test('login leads to the page that was asked for', async ({ page, user }) => {
  await open(page, '/login?next=%2F%3Ffrom%3Dlogin');
  await sendLogin(page, user);
  await expect(page).toHaveURL('/?from=login');
  await expect(page.getByRole('button', { name: 'Log out', exact: true })).toBeVisible();
});

test('a return path that leads to another origin is not followed after login', async ({ page, user }) => {
  await open(page, '/login?next=https%3A%2F%2Felsewhere.example%2Faccount');
  await sendLogin(page, user);
  await expectAccountOf(page, user);
});

test('no spelling of another origin is accepted as the return path', async ({ page, user, networkLog }) => {
  await logIn(page, user);
  const otherOrigins = [
    'https://elsewhere.example/',
    '//elsewhere.example/',
    '///elsewhere.example/',
    '/\\elsewhere.example/',
    '\\\\elsewhere.example/',
    '/.//elsewhere.example/',
    '/..//elsewhere.example/',
    '/\t/elsewhere.example/',
    '\t//elsewhere.example/',
    'javascript:document.title="taken over"',
    'http:elsewhere.example',
  ];
  for (const next of otherOrigins) {
    await page.goto(`${pages.login}?next=${encodeURIComponent(next)}`);
    await expectAccountOf(page, user);
  }
  const hosts = new Set(networkLog.urls.map((url) => new URL(url).hostname));
  expect([...hosts]).toEqual(['localhost']);
});

test('a logged-in user does not see the forms again', async ({ account, user }) => {
  for (const path of [pages.login, pages.register]) {
    await account.goto(path);
    await expectAccountOf(account, user);
  }
});

test('a page without a login makes no API call', async ({ page, networkLog }) => {
  for (const path of [pages.home, pages.login, pages.register]) {
    await open(page, path);
    await expect(page.getByRole('link', { name: 'Log in', exact: true })).toBeVisible();
  }
  await expect.poll(() => networkLog.lines()).toEqual([]);
});

test('a second login in one browser begins a new session and replaces the first', async ({
  account,
  context,
  playwright,
  server,
  user,
}) => {
  const first = await ticket(context);
  const planted = (await context.cookies()).filter((it) => it.name === refreshCookie);
  await context.clearCookies();
  await account.goto(pages.login);
  // An attacker plants a refresh cookie before the user logs in (session fixation).
  await context.addCookies(planted);
  await sendLogin(account, user);
  await expectAccountOf(account, user);
  const second = await ticket(context);
  const sessionOf = (encoded: string) => Buffer.from(encoded, 'base64url').toString('hex', 1, 17);
  expect(sessionOf(second)).not.toBe(sessionOf(first));
  // The attacker's token does not affect the new session.
  await presentRefreshToken(playwright.request, server.origin, first);
  await account.reload();
  await expectAccountOf(account, user);
});
