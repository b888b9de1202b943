// Users: their registration, and their actions on the pages.
import { randomUUID } from 'node:crypto';
import { type APIRequest, expect, type Page } from '@playwright/test';
import { api, pages } from './contract';

export interface User {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

/** A user without an account, with random credentials. */
export function newUser(name = 'Ada Runner'): User {
  return {
    email: `runner-${randomUUID()}@example.org`,
    password: `quiet lantern ${randomUUID().slice(0, 8)} over gravel`,
    name,
  };
}

/** Registers the account through the API, not the page, and logs out. */
export async function registerUser(request: APIRequest, origin: string, user = newUser()): Promise<User> {
  const client = await request.newContext({ baseURL: origin });
  const answer = await client.post(api.register, { data: user });
  expect(answer.status()).toBe(201);
  expect((await client.post(api.logout)).status()).toBe(204);
  await client.dispose();
  return user;
}

/** Opens a page and waits for hydration. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await waitForHydration(page);
}

export async function waitForHydration(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-hydrated', 'true');
}

export async function logIn(page: Page, user: User): Promise<void> {
  await open(page, pages.login);
  await sendLogin(page, user);
  await expectAccountOf(page, user);
}

export async function sendLogin(page: Page, { email, password }: Pick<User, 'email' | 'password'>): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
}

export async function expectAccountOf(page: Page, user: User): Promise<void> {
  await expect(page).toHaveURL(pages.account);
  await expect(page.getByRole('heading', { name: 'Your account', level: 1 })).toBeVisible();
  await expect(page.getByRole('main')).toContainText(user.email);
}

export async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
}

export async function callTheApi(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Call the API' }).click();
}

/** The sentence that reports the result of the call. */
export async function expectCallResult(page: Page, sentence: string | RegExp): Promise<void> {
  await expect(page.locator('.call-result')).toHaveText(sentence);
}

export async function expectNotice(page: Page, sentence: string | RegExp): Promise<void> {
  await expect(page.locator('.notices').getByText(sentence)).toBeVisible();
}
