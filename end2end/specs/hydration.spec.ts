// Hydration of every page without a console error: no mismatch, no CSP violation, no failed request. `consoleErrors`
// checks every test; these open every page.
import { pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { RequestGate } from '../support/network-faults';
import { expectAccountOf, open, waitForHydration } from '../support/users';

const titles = {
  home: 'Baton: staying logged in is a relay',
  register: 'Create your account · Baton',
  login: 'Log in · Baton',
  notFound: 'Page not found · Baton',
} as const;

for (const name of ['home', 'register', 'login', 'notFound'] as const) {
  test(`the page "${name}" is hydrated without a console error`, async ({ consoleErrors, page }) => {
    if (name === 'notFound') consoleErrors.allow(/status of 404/);
    const failed: string[] = [];
    page.on('requestfailed', (request) => failed.push(request.url()));
    const answer = await page.goto(pages[name]);
    expect(answer?.status()).toBe(name === 'notFound' ? 404 : 200);
    const policy = answer?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
    await waitForHydration(page);
    await expect(page).toHaveTitle(titles[name]);
    await page.waitForLoadState('networkidle');
    expect(failed).toEqual([]);
  });
}

test('the program is fetched beside its loader, not after it', async ({ page }) => {
  const gate = new RequestGate();
  await page.route('**/*.js', (route) => gate.pass(route));
  const program = page.waitForRequest('**/*.wasm');
  await page.goto(pages.home, { waitUntil: 'commit' });
  await program;
  await expect.poll(() => gate.arrived).toBe(1);
  gate.open();
  await waitForHydration(page);
});

test('the second part of the program is fetched when a visitor turns to a form, and each file once', async ({
  page,
  networkLog,
}) => {
  const files = () => networkLog.urls.filter((url) => /\.(js|wasm)$/.test(url));
  const secondPart = () => files().filter((url) => url.includes('second_part'));
  await open(page, pages.home);
  await page.getByRole('link', { name: 'I have one already' }).click();
  await expect(page).toHaveURL(pages.login);
  await page.waitForLoadState('networkidle');
  expect(secondPart()).toEqual([]);
  await page.getByLabel('Email').focus();
  await expect.poll(secondPart).toHaveLength(1);
  expect(new Set(files()).size).toBe(files().length);
});

test('the account page is restored without a console error, however it is reached', async ({ account, user }) => {
  await account.reload();
  await expectAccountOf(account, user);
  await expect(account).toHaveTitle('Your account · Baton');
  await account.getByRole('link', { name: 'Baton' }).click();
  await expect(account).toHaveTitle(titles.home);
  await account.getByRole('link', { name: 'Watch your session run' }).click();
  await expectAccountOf(account, user);
  await account.goto(pages.home);
  await expect(account.getByRole('button', { name: 'Log out', exact: true })).toBeVisible();
});

test('the scripts change nothing that the server has shown', async ({ browser, server, page }) => {
  const context = await browser.newContext({ baseURL: server.origin, javaScriptEnabled: false });
  const plain = await context.newPage();
  for (const path of [pages.home, pages.login, pages.register]) {
    await plain.goto(path);
    await open(page, path);
    const words = async (it: typeof page) => {
      const lines = (await it.locator('body').innerText()).split('\n');
      return lines.filter((line) => line !== '' && !line.startsWith('Logging in needs scripting.'));
    };
    expect(await words(page), path).toEqual(await words(plain));
  }
  await context.close();
});

test('a script that is not ours does not run', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/Content Security Policy|violates/);
  await open(page, pages.home);
  const refused = page.waitForEvent('console', (it) => /Content Security Policy/.test(it.text()));
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.name = "taken over"';
    document.body.append(script);
  });
  await refused;
  expect(await page.evaluate(() => window.name)).toBe('');
});
