import { pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { expectedConsoleErrors, pageStates } from '../support/page-states';
import { open } from '../support/users';

test.use({ withNotes: true });

for (const [name, visit] of Object.entries(pageStates)) {
  test(`no content is wider than a narrow screen: ${name}`, async ({ consoleErrors, page, user }) => {
    if (expectedConsoleErrors[name]) consoleErrors.allow(expectedConsoleErrors[name]);
    await page.setViewportSize({ width: 320, height: 640 });
    await visit(page, user);
    const tooWide = await page.evaluate(() => {
      const { clientWidth, scrollWidth } = document.documentElement;
      return { scrollsBy: scrollWidth - clientWidth, visible: clientWidth };
    });
    expect(tooWide).toEqual({ scrollsBy: 0, visible: 320 });
    // Targets are large enough for a finger (WCAG 2.2, 2.5.8).
    for (const target of await page.locator('button, nav a, a.button, input[type=checkbox]').all()) {
      const box = await target.boundingBox();
      const smaller = Math.min(box?.width ?? 0, box?.height ?? 0);
      expect(smaller, (await target.textContent()) ?? '').toBeGreaterThanOrEqual(24);
    }
  });
}

test('text that is twice as large still fits', async ({ page }) => {
  await page.setViewportSize({ width: 640, height: 900 });
  for (const path of [pages.home, pages.login, pages.register]) {
    await open(page, path);
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    const scrollsBy = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await expect.poll(scrollsBy).toBe(0);
  }
});

test('text that is twice as large still fits behind the login', async ({ account }) => {
  await account.setViewportSize({ width: 640, height: 900 });
  for (const path of [pages.notes, pages.sessions, pages.activity, pages.settings]) {
    await open(account, path);
    await expect(account.locator('.session-card, .event, form, .notice').first()).toBeVisible();
    await account.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    const scrollsBy = () =>
      account.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await expect.poll(scrollsBy).toBe(0);
  }
});

test('no animation runs for users who prefer reduced motion', async ({ page }) => {
  const moving = () => page.evaluate(() => document.getAnimations().length);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await open(page, pages.home);
  await expect.poll(moving, 'the picture moves for all other users').toBeGreaterThan(0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await expect.poll(moving).toBe(0);
  await page.getByRole('link', { name: 'I have one already' }).hover();
  expect(await moving()).toBe(0);
});

test('the page follows the colour scheme of the system', async ({ page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  await open(page, pages.home);
  const light = await background();
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(background).not.toBe(light);
});
