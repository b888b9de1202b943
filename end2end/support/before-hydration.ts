// Before hydration: the page can be read and typed on, and extensions may have changed it.
import { expect, type Locator, type Page } from '@playwright/test';
import { RequestGate } from './network-faults';
import { waitForHydration } from './users';

/** The caret stands so many characters before the end. */
const CHARACTERS_AFTER_CARET = 3;

/** Opens a page and runs `act` before its WebAssembly arrives. */
export async function openBeforeHydration(page: Page, path: string, act: () => Promise<void>): Promise<void> {
  const gate = new RequestGate();
  await page.route('**/*.wasm', (route) => gate.pass(route), { times: 1 });
  await page.goto(path, { waitUntil: 'domcontentloaded' });
  await act();
  await expect.poll(() => gate.arrived).toBe(1);
  gate.open();
  await waitForHydration(page);
}

/** Types a text, and leaves the focus in the field and the caret within the text. */
export async function typeWithCaretInside(field: Locator, text: string): Promise<void> {
  await field.pressSequentially(text);
  for (let key = 0; key < CHARACTERS_AFTER_CARET; key += 1) await field.press('ArrowLeft');
}

/** Text, focus and caret are as `typeWithCaretInside` left them. */
export async function expectTextFocusAndCaret(field: Locator, text: string): Promise<void> {
  await expect(field).toHaveValue(text);
  await expect(field).toBeFocused();
  const caret = await field.evaluate((it: HTMLInputElement) => it.selectionStart);
  expect(caret).toBe(text.length - CHARACTERS_AFTER_CARET);
}
