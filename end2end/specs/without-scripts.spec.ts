// Scripting is off: content is readable, and forms say that they need scripts.
import { api, loginWithReturn, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { newUser } from '../support/users';

test.use({ javaScriptEnabled: false, withNotes: true });

test('the home page is complete without scripts', async ({ page }) => {
  await page.goto(pages.home);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Staying logged in is a relay.');
  await expect(page.getByText('Think of a key under the doormat')).toBeVisible();
  await expect(page.getByRole('list').getByRole('listitem')).toHaveCount(4);
  for (const item of await page.getByRole('listitem').all()) await expect(item).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What it does not do' })).toBeVisible();
  await expect(page.getByRole('img', { name: /hands a baton to the other/ })).toBeVisible();
});

test('nothing is fetched that only scripts use', async ({ page, networkLog }) => {
  for (const path of [pages.home, pages.login]) await page.goto(path, { waitUntil: 'networkidle' });
  const fetched = networkLog.urls.map((url) => new URL(url).pathname);
  expect(fetched.filter((path) => path.endsWith('.css'))).not.toEqual([]);
  expect(fetched.filter((path) => /\.(js|wasm)$/.test(path))).toEqual([]);
});

test('every link works', async ({ page }) => {
  await page.goto(pages.home);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await expect(page).toHaveURL(pages.register);
  await page.getByRole('link', { name: 'Use the account you have' }).click();
  await expect(page).toHaveURL(pages.login);
  await page.getByRole('link', { name: 'Baton' }).click();
  await expect(page).toHaveURL(pages.home);
});

for (const [path, button] of [
  [pages.login, 'Log in'],
  [pages.register, 'Create account'],
] as const) {
  test(`the form at ${path} says that it needs scripting, and sends nothing`, async ({ page }) => {
    await page.goto(path);
    // `getByText` does not look inside `noscript`.
    const reason = page.locator('noscript .script-needed');
    await expect(reason).toBeVisible();
    await expect(reason).toHaveText(/^Logging in needs scripting\./);
    await expect(page.locator('.start-note')).toBeHidden();
    await expect(page.getByRole('main').getByRole('button', { name: button })).toBeDisabled();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.method()} ${request.url()}`));
    await page.getByLabel('Email').fill('somebody@example.org');
    await page.getByLabel('Password', { exact: true }).fill('quiet lantern river');
    await page.getByLabel('Password', { exact: true }).press('Enter');
    // A sent form would have left before this response.
    await page.request.get(pages.home);
    expect(sent).toEqual([]);
    await expect(page).toHaveURL(path);
  });
}

test('what is behind the login sends to login', async ({ page }) => {
  await page.goto(pages.account);
  await expect(page).toHaveURL(loginWithReturn);
  for (const path of [pages.notes, pages.sessions, pages.activity, pages.settings]) {
    await page.goto(path);
    await expect(page).toHaveURL(`${pages.login}?next=${encodeURIComponent(path)}`);
  }
});

test('a logged-in user reads why the page stays empty', async ({ page }) => {
  // Fills the cookie jar as a page with scripts does.
  expect((await page.request.post(api.register, { data: newUser() })).status()).toBe(201);
  for (const path of [pages.account, pages.notes, pages.sessions, pages.activity, pages.settings]) {
    await page.goto(path);
    await expect(page).toHaveURL(path);
    await expect(page.getByText('Restoring your session…')).toBeVisible();
    await expect(page.locator('noscript p')).toHaveText(/^This page needs scripting/);
  }
});

test('what is not there is said with a 404', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/status of 404/);
  const answer = await page.goto(pages.notFound);
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found');
  await page.getByRole('link', { name: 'Back to the start' }).click();
  await expect(page).toHaveURL(pages.home);
});
