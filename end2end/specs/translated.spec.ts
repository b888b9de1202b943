// A translator has replaced every text with its own elements. Texts that change still change.
import { api, pages } from '../support/contract';
import { translatePage } from '../support/dom-mutations';
import { expect, test } from '../support/fixtures';
import { goOffline, json, mockNextResponse, problem, RequestGate } from '../support/network-faults';
import { logInOnAnotherDevice, mockEvent } from '../support/sessions';
import { callTheApi, expectAccountOf, expectCallResult, newUser, open, sendLogin } from '../support/users';

test('a form on a translated page says what is wrong now, not what was wrong before', async ({ page, user }) => {
  await open(page, pages.login);
  await page.evaluate(translatePage);
  await page.getByRole('button', { name: 'Show password' }).click();
  await expect(page.getByRole('button', { name: 'Hide password' })).toBeVisible();
  await page.getByRole('button', { name: 'Hide password' }).click();
  await sendLogin(page, { ...user, password: `${user.password}?` });
  const alert = page.getByRole('alert');
  await expect(alert).toHaveText(/^This email address and password open no account/);
  await mockNextResponse(page, api.login, {
    ...problem(429, 'rate_limited'),
    headers: { 'Retry-After': '3' },
  });
  await sendLogin(page, user);
  await expect(alert).toHaveText('There were too many attempts.');
  await expect(page.getByRole('timer')).toHaveText('Try again in a second.');
  await expect(page.getByText('You can try again now.')).toBeVisible();
  await sendLogin(page, user);
  await expectAccountOf(page, user);
});

test('a translated page is replaced by the next, and its header follows the login', async ({ page, user }) => {
  const heading = page.getByRole('heading', { level: 1 });
  const main = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
  await open(page, pages.home);
  await page.evaluate(translatePage);
  const links = page.locator('.hero-actions').getByRole('link');
  await expect(links).toHaveText(['Create an account', 'I have one already']);
  await links.first().click();
  await expect(heading).toHaveText('Create your account');
  await expect(main).toHaveText(['Log in', 'Register']);
  await page.getByRole('link', { name: 'Use the account you have' }).click();
  await expect(heading).toHaveText('Log in');
  await expect(page.getByText('New here?')).toBeVisible();
  await expect(page.getByText('Been here before?')).toHaveCount(0);
  await expect(page.getByRole('main').getByRole('button', { name: 'Log in' })).toBeVisible();
  await sendLogin(page, user);
  await expectAccountOf(page, user);
  await expect(main).toHaveText(['Account']);
  await page.getByRole('link', { name: 'Baton' }).click();
  await expect(links).toHaveText(['Watch your session run']);
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await expect(main).toHaveText(['Log in', 'Register']);
  await expect(links).toHaveText(['Create an account', 'I have one already']);
});

test('a password is judged as it is typed on a translated page', async ({ page }) => {
  const user = newUser();
  await open(page, pages.register);
  await page.evaluate(translatePage);
  const judgement = page.locator('#password-hint');
  const password = page.getByLabel('Password', { exact: true });
  await expect(judgement).toHaveText(/^At least 15 characters/);
  await password.fill('short');
  await expect(judgement).not.toHaveText(/^At least 15 characters\. A few/);
  await password.fill(user.password);
  await expect(judgement).toHaveText(/^Strong/);
  await page.getByLabel('Email').fill('no address');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.locator('#email-error')).toBeVisible();
  await page.getByLabel('Email').fill(user.email);
  await expect(page.locator('#email-error')).toHaveCount(0);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectAccountOf(page, user);
});

test('a translated page behind the login counts down, answers, and is replaced by the next', async ({
  account,
  user,
}) => {
  await account.evaluate(translatePage);
  const countdown = account.getByTestId('access-token-countdown');
  const before = await countdown.textContent();
  await expect(countdown).not.toHaveText(before ?? '');
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');
  await expect(account.getByText('Expires', { exact: true })).toBeVisible();
  const goOnline = await goOffline(account);
  await callTheApi(account);
  await expectCallResult(account, /^The server cannot be reached/);
  await goOnline();
  // More calls than the list keeps: each line belongs to its own call.
  for (let call = 0; call < 10; call += 1) {
    await callTheApi(account);
    await expectCallResult(account, 'Answered in one try.');
  }
  await expect(account.locator('.network-list')).not.toContainText('no answer');
  for (const [link, heading, lead] of [
    ['Sessions', 'Active sessions', 'The browsers and programs that are logged in'],
    ['Activity', 'Security activity', 'The security events of your account'],
    ['Settings', 'Your settings', 'Delete the account'],
    ['Overview', 'Your account', 'Profile'],
  ] as const) {
    await account.getByRole('navigation', { name: 'Your account' }).getByText(link).click();
    await expect(account.getByRole('heading', { level: 1 })).toHaveText(heading);
    await expect(account.locator('main .lead, main h2').filter({ hasText: lead })).toHaveCount(1);
    await expect(account).toHaveTitle(`${heading} · Baton`);
  }
  await expectAccountOf(account, user);
});

test('a translated page says how the settings were changed', async ({ account }) => {
  await account.goto(pages.settings);
  await account.evaluate(translatePage);
  await account.getByLabel('Name (optional)').fill('Grace');
  await account.getByRole('button', { name: 'Change name' }).click();
  await expect(account.getByText('Your name is changed.')).toBeVisible();
  const goOnline = await goOffline(account);
  await account.getByRole('button', { name: 'Change name' }).click();
  await expect(account.getByText('Your name is changed.')).toHaveCount(0);
  await expect(account.getByRole('alert')).toHaveText(/^The server cannot be reached/);
  await goOnline();
});

test('a translated list of sessions drops those that are revoked, and says so', async ({
  account,
  browser,
  server,
  user,
}) => {
  const others = [
    await logInOnAnotherDevice(browser, server.origin, user),
    await logInOnAnotherDevice(browser, server.origin, user),
  ];
  const [cards, said] = [account.locator('.session-card'), account.getByRole('status')];
  const endAll = account.getByRole('button', { name: 'Log out of all other devices' });
  await open(account, pages.sessions);
  await expect(cards).toHaveCount(3);
  await account.evaluate(translatePage);
  await account.getByRole('button', { name: 'Log out device' }).first().click();
  await expect(said).toHaveText('Firefox on Linux was logged out.');
  await expect(cards).toHaveCount(2);

  // The dialog is translated as it appears.
  await mockNextResponse(account, api.sessions, problem(401, 'insufficient_user_authentication'));
  await endAll.click();
  const dialog = account.getByRole('dialog', { name: 'Enter your password' });
  const password = dialog.getByLabel('Password', { exact: true });
  await password.fill(`${user.password}?`);
  await password.press('Enter');
  await expect(dialog).toContainText('This is not your password. Try again.');
  await password.fill(user.password);
  await expect(dialog).not.toContainText('This is not your password.');
  await password.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(said).toHaveText('All other devices were logged out.');
  await expect(cards).toHaveCount(1);
  await expect(account.getByText('No other device is logged in.')).toBeVisible();
  await expect(endAll).toHaveCount(0);
  for (const other of others) await other.context().close();
});

test('a translated list of events is filtered, and older ones are added to it', async ({ account }) => {
  const [events, said] = [account.locator('.event-text'), account.getByRole('status')];
  const filter = (name: string) => account.getByRole('button', { name, exact: true });
  await account.getByRole('link', { name: 'Activity' }).click();
  await expect(events.first()).toHaveText(/^A login on a new device/);
  await account.evaluate(translatePage);
  await filter('Logouts and alerts').click();
  await expect(events).toHaveText([/^Logged out/]);
  await expect(said).toHaveText('One event');
  await filter('Refreshes').click();
  await expect(account.locator('main .aside')).toHaveText(/^No unusual refresh is on record\./);
  await expect(said).toHaveText('No events');
  await expect(events).toHaveCount(0);
  await filter('Logins').click();
  await expect(events).toHaveText([/^A login on a new device/, /^Logged in/, /^The account was created/]);
  await expect(said).toHaveText('3 events');

  const newest = { events: [mockEvent('logged_in', 2)], next: mockEvent('logged_in', 2).id };
  const oldest = { events: [mockEvent('password_changed', 1)], next: null };
  const gate = new RequestGate(json(oldest));
  await account.route(`**${api.events}?*`, (route) =>
    /[?&]before=/.test(route.request().url()) ? gate.pass(route) : route.fulfill(json(newest)),
  );
  await filter('All activity').click();
  await expect(events).toHaveText([/^Logged in with Firefox/]);
  await account.getByRole('button', { name: 'Show older' }).click();
  await expect(account.getByRole('button', { name: 'Fetching…' })).toBeVisible();
  gate.open();
  await expect(said).toHaveText('One event older.');
  await expect(events).toHaveText([/^Logged in with Firefox/, /^The password was changed/]);
  await expect(account.getByRole('button', { name: 'Fetching…' })).toHaveCount(0);
});
