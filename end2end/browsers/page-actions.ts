// Page actions and assertions for a `Tab`.
import { expect } from '@playwright/test';
import { pages } from '../support/contract';
import { newUser, type User } from '../support/users';
import type { Expression, Tab } from './tab';

export const byLabel = (label: string): Expression =>
  `[...document.querySelectorAll('label')].find((it) => it.textContent.trim() === ${JSON.stringify(label)})?.control`;
export const button = (name: string): Expression =>
  `[...document.querySelectorAll('main button, header button')].find((it) => it.textContent.trim() === ${JSON.stringify(name)})`;
const textOf = (selector: string): Expression =>
  `document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`;

export async function open(tab: Tab, url: string): Promise<void> {
  await tab.open(url);
  await waitForHydration(tab);
}

export async function waitForHydration(tab: Pick<Tab, 'evaluate'>): Promise<void> {
  await expect.poll(() => tab.evaluate('document.documentElement.dataset.hydrated'), { timeout: 30_000 }).toBe('true');
}

export async function expectText(tab: Tab, selector: string, text: string | RegExp): Promise<void> {
  const seen = expect.poll(() => tab.evaluate<string>(textOf(selector)));
  await (typeof text === 'string' ? seen.toContain(text) : seen.toMatch(text));
}

export async function expectPath(tab: Tab, path: string): Promise<void> {
  await expect.poll(() => tab.evaluate('location.pathname + location.search')).toBe(path);
}

export async function register(tab: Tab, origin: string): Promise<User> {
  const user = newUser();
  await open(tab, origin + pages.register);
  await tab.type(byLabel('Email'), user.email);
  await tab.type(byLabel('Password'), user.password);
  await tab.click(button('Create account'));
  await expectText(tab, 'main', user.email);
  await expectPath(tab, pages.account);
  return user;
}

/** Calls the API until the access token has expired; the server allows ten seconds of clock skew. */
export async function callUntilRefreshed(tab: Tab): Promise<void> {
  const result = textOf('.call-result');
  await expect
    .poll(
      async () => {
        await tab.click(button('Call the API'));
        await expect.poll(() => tab.evaluate<string>(result)).toMatch(/answered|Answered/);
        return tab.evaluate<string>(result);
      },
      { timeout: 40_000, intervals: [1_000] },
    )
    .toBe('Expired, refreshed, repeated: answered.');
}
