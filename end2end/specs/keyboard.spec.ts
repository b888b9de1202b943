// Every page works with the keyboard alone, with visible focus.
import type { Page } from '@playwright/test';
import { pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { expectAccountOf, expectCallResult, expectNotice, newUser, open } from '../support/users';

/** Presses Tab until the named element has the focus. A user counts no presses, but gives up at some point. */
async function tabTo(page: Page, role: 'button' | 'link' | 'textbox', name: string): Promise<void> {
  const target = page.getByRole(role, { name, exact: true });
  const names: string[] = [];
  for (let presses = 0; presses < 15; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    names.push(await focused.evaluate((it) => it.textContent || it.id || it.tagName));
    if (await target.evaluateAll((all) => all.includes(document.activeElement as never))) {
      await expectVisibleFocus(page);
      return;
    }
  }
  throw new Error(`Tab does not lead to the ${role} "${name}", but to: ${names.join(', ')}`);
}

/** The focused element is in view and has an outline. */
async function expectVisibleFocus(page: Page): Promise<void> {
  const focused = page.locator(':focus');
  await expect(focused).toBeInViewport();
  const outline = await focused.evaluate((it) => {
    const style = getComputedStyle(it);
    return { style: style.outlineStyle, width: parseFloat(style.outlineWidth) };
  });
  expect(outline.style).not.toBe('none');
  expect(outline.width).toBeGreaterThanOrEqual(2);
}

test('a user registers, calls the API, logs out and logs in again with the keyboard alone', async ({ page }) => {
  const ada = newUser();
  await open(page, pages.home);
  await tabTo(page, 'link', 'Register');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(pages.register);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();

  await tabTo(page, 'textbox', 'Email');
  await page.keyboard.type(ada.email);
  await tabTo(page, 'textbox', 'Name (optional)');
  await page.keyboard.type(ada.name);
  await tabTo(page, 'textbox', 'Password');
  await page.keyboard.type(ada.password);
  await tabTo(page, 'button', 'Show password');
  await page.keyboard.press('Space');
  await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('type', 'text');
  await tabTo(page, 'button', 'Create account');
  await page.keyboard.press('Enter');
  await expectAccountOf(page, ada);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();

  await tabTo(page, 'button', 'Call the API');
  await page.keyboard.press('Space');
  await expectCallResult(page, 'Answered in one try.');
  // The button keeps the focus: the user can call again at once.
  await expect(page.getByRole('button', { name: 'Call the API' })).toBeFocused();

  // Back past the account navigation.
  for (const link of ['Settings', 'Activity', 'Sessions', 'Overview']) {
    await page.keyboard.press('Shift+Tab');
    await expect(page.getByRole('link', { name: link })).toBeFocused();
    await expectVisibleFocus(page);
  }
  await page.keyboard.press('Shift+Tab');
  await expect(page.getByRole('button', { name: 'Log out', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expectNotice(page, 'You are logged out.');
  await expect(page).toHaveURL(pages.login);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();

  await tabTo(page, 'textbox', 'Email');
  await page.keyboard.type(ada.email);
  await tabTo(page, 'textbox', 'Password');
  await page.keyboard.type(ada.password);
  await page.keyboard.press('Enter');
  await expectAccountOf(page, ada);
});

test('the first Tab offers to skip to the content', async ({ page }) => {
  for (const path of [pages.home, pages.login, pages.register]) {
    await open(page, path);
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
    await expectVisibleFocus(page);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('main')).toBeFocused();
    // The next Tab lands inside the content, past the navigation.
    await page.keyboard.press('Tab');
    await expect(page.getByRole('main').locator(':focus')).toHaveCount(1);
  }
});

test('logging out on a page that stays leaves the focus on that page', async ({ account }) => {
  await account.getByRole('link', { name: 'Baton' }).click();
  await account.getByRole('button', { name: 'Log out', exact: true }).press('Enter');
  await expectNotice(account, 'You are logged out.');
  await expect(account.getByRole('heading', { level: 1 })).toBeFocused();
});

test('Tab visits every control of the page in order, without a focus trap', async ({ account, user }) => {
  await account.reload();
  await expectAccountOf(account, user);
  const order = await account.locator(':is(a[href], button, input):visible').allTextContents();
  const passed: (string | null)[] = [];
  for (let presses = 0; presses < order.length; presses += 1) {
    await account.keyboard.press('Tab');
    passed.push(await account.evaluate(() => document.activeElement?.textContent ?? null));
  }
  expect(passed).toEqual(order);
  // One more Tab leaves the page, for the browser's own controls.
  await account.keyboard.press('Tab');
  expect(await account.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
});

test('a user who begins to type while a page opens keeps the focus', async ({ account, user }) => {
  // Holds back the page's animation frames from now on.
  await account.evaluate(() => {
    const held: FrameRequestCallback[] = [];
    window.requestAnimationFrame = (callback) => held.push(callback);
    const showFrame = () => {
      for (const callback of held.splice(0)) callback(0);
    };
    Object.assign(window, { showFrame });
  });
  const showFrames = async () => {
    for (let frames = 0; frames < 3; frames += 1) {
      await account.evaluate(() => (window as unknown as { showFrame: () => void }).showFrame());
    }
  };
  await account.getByRole('link', { name: 'Settings' }).click();
  const name = account.getByRole('textbox', { name: 'Name (optional)' });
  await expect(name).toHaveValue(user.name);
  await name.focus();
  await showFrames();
  await expect(name).toBeFocused();
  // Without typing, the focus goes to the page's heading.
  await account.getByRole('link', { name: 'Sessions' }).click();
  await expect(account.locator('.session-card')).toHaveCount(1);
  await showFrames();
  await expect(account.getByRole('heading', { level: 1 })).toBeFocused();
});
