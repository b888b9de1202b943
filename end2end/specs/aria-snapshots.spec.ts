// ARIA snapshots of the pages: landmarks, headings, names; each is the whole main part of its page.
import type { Page } from '@playwright/test';
import { pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { goOffline } from '../support/network-faults';
import { callTheApi, expectCallResult, expectNotice, logOut, newUser, open, sendLogin } from '../support/users';

test('the landmarks of every page: skip link, banner, navigation, main, footer', async ({ page }) => {
  for (const path of [pages.home, pages.login, pages.register]) {
    await open(page, path);
    await expect(page.locator('body')).toMatchAriaSnapshot(`
      - link "Skip to content":
        - /url: "#main"
      - banner:
        - link "Baton":
          - /url: /
        - navigation "Main":
          - link "Log in":
            - /url: /login
          - link "Register":
            - /url: /register
      - main
      - contentinfo:
        - paragraph
        - paragraph:
          - link "Public keys for services":
            - /url: /.well-known/jwks.json
    `);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    await expect(page.getByRole('main')).toHaveCount(1);
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  }
});

test('home', async ({ page }) => {
  await open(page, pages.home);
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - paragraph: Access tokens and rotating refresh tokens
    - heading "Staying logged in is a relay." [level=1]
    - paragraph: /Baton works like a relay race/
    - link "Create an account":
      - /url: /register
    - link "I have one already":
      - /url: /login
    - 'img "Two hands on a running track: one hands a baton to the other."'
    - region "One race, four legs":
      - heading "One race, four legs" [level=2]
      - list:
        - /children: equal
        - listitem:
          - heading "You log in." [level=3]
          - paragraph
        - listitem:
          - heading "The access token runs." [level=3]
          - paragraph
        - listitem:
          - heading "The baton is passed on." [level=3]
          - paragraph
        - listitem:
          - heading "A copy gives itself away." [level=3]
          - paragraph
    - region "A lost answer is no theft":
      - heading "A lost answer is no theft" [level=2]
    - region "What it does not do":
      - heading "What it does not do" [level=2]
  `);
});

test('login', async ({ page }) => {
  await open(page, pages.login);
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Log in" [level=1]
    - textbox "Email"
    - textbox "Password"
    - button "Show password" [pressed=false]
    - button "Log in"
    - paragraph:
      - text: New here?
      - link "Create an account":
        - /url: /register
  `);
  const field = page.getByLabel('Password', { exact: true });
  await expect(field).toHaveAttribute('autocomplete', 'current-password');
  await expect(page.getByLabel('Email')).toHaveAttribute('autocomplete', 'username');
});

test('login that is refused', async ({ page }) => {
  await open(page, pages.login);
  await sendLogin(page, newUser());
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Log in" [level=1]
    - alert: /open no account/
    - textbox "Email": /runner-/
    - textbox "Password"
    - button "Show password"
    - button "Log in"
  `);
});

test('register', async ({ page }) => {
  await open(page, pages.register);
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Create your account" [level=1]
    - textbox "Email"
    - textbox "Name (optional)"
    - textbox "Password"
    - button "Show password" [pressed=false]
    - meter "Strength"
    - paragraph: /At least 15 characters\\./
    - button "Create account"
    - paragraph:
      - link "Use the account you have":
        - /url: /login
  `);
  const field = page.getByLabel('Password', { exact: true });
  await expect(field).toHaveAttribute('autocomplete', 'new-password');
  await expect(field).toHaveAccessibleDescription(/^At least 15 characters\./);
});

test('register with errors', async ({ page }) => {
  await open(page, pages.register);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Create your account" [level=1]
    - textbox "Email" [invalid]
    - paragraph: Enter your email address.
    - textbox "Name (optional)"
    - textbox "Password" [invalid]
    - button "Show password"
    - paragraph: /Use at least 15 characters; this has 0\\./
    - meter "Strength"
    - button "Create account"
  `);
});

test('account', async ({ account, user }) => {
  await callTheApi(account);
  await expectCallResult(account, 'Answered in one try.');
  await expect(account.locator('body')).toMatchAriaSnapshot(`
    - banner:
      - navigation "Main":
        - /children: equal
        - link "Account":
          - /url: /account
        - button "Log out"
    - main:
      - heading "Your account" [level=1]
      - region "Access token":
        - heading "Access token" [level=2]
        - paragraph:
          - timer "Access token": /\\d+:\\d{2}/
      - region "Try it":
        - heading "Try it" [level=2]
        - paragraph:
          - button "Call the API"
        - status: Answered in one try.
      - region "Profile":
        - heading "Profile" [level=2]
        - term: Name
        - definition: ${user.name}
        - term: Email
        - definition: ${user.email}
        - term: User id
        - definition: /^[0-9a-f-]{36}$/
      - region "This session":
        - heading "This session" [level=2]
        - term: Session id
        - definition: /^[0-9a-f-]{36}$/
        - term: Logged in
        - definition: /\\d{4}/
        - term: Last active
        - definition: /\\d{4}/
        - term: Expires
        - definition: /\\d{4}/
      - heading "Network log" [level=2]
      - list "Network log":
        - /children: equal
        - listitem: POST /api/auth/login 200
        - listitem: GET /api/me 200
  `);
  await expect(account.getByRole('link', { name: 'Account', exact: true })).toHaveAttribute('aria-current', 'page');
});

/** Nested live regions would be read out twice. */
async function expectOneLiveRegion(page: Page): Promise<void> {
  const notices = page.locator('.notices');
  await expect(notices).toHaveAttribute('aria-live', 'polite');
  await expect(notices.locator('.notice')).toBeVisible();
  await expect(notices.locator('[role=status], [role=alert], [aria-live]')).toHaveCount(0);
}

test('an outage is announced, and so is a logout that failed', async ({ account }) => {
  const goOnline = await goOffline(account);
  await logOut(account);
  await expectNotice(account, /^You are still logged in:/);
  await expectOneLiveRegion(account);
  await account.reload();
  await expectNotice(account, /^The server cannot be reached\./);
  await expectOneLiveRegion(account);
  await goOnline();
});

test('a session that is over is announced', async ({ account, context }) => {
  await context.clearCookies({ name: '__Host-Http-refresh' });
  await account.reload();
  await expectNotice(account, /^Your session is over:/);
  await expect(account.locator('.notices')).toMatchAriaSnapshot(`
    - paragraph: /^Your session is over. it has expired, was logged out, or .* Log in again to continue; .*$/
  `);
  await expectOneLiveRegion(account);
});

test('not found', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/status of 404/);
  await open(page, pages.notFound);
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - paragraph: /404/
    - heading "Page not found" [level=1]
    - paragraph
    - paragraph:
      - link "Back to the start":
        - /url: /
  `);
});
