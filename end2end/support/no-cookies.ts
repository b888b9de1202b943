// Browsers that keep no cookies.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, expect, type Page } from '@playwright/test';
import { wholeChromium } from '../playwright.config';
import { api } from './contract';

/** Chromium's number for "block" in its settings. */
const BLOCK = 2;

/** A Chromium with cookies blocked in its settings: in its own profile, as no context has such a setting. */
export async function withCookiesBlocked(
  baseURL: string,
  act: (context: BrowserContext) => Promise<void>,
): Promise<void> {
  const profile = await mkdtemp(path.join(tmpdir(), 'baton-profile-'));
  const settings = { profile: { default_content_setting_values: { cookies: BLOCK } } };
  await mkdir(path.join(profile, 'Default'));
  await writeFile(path.join(profile, 'Default', 'Preferences'), JSON.stringify(settings));
  const context = await chromium.launchPersistentContext(profile, {
    ...wholeChromium,
    baseURL,
    locale: 'en-GB',
    timezoneId: 'UTC',
    acceptDownloads: false,
  });
  try {
    await act(context);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/**
 * As WebKit does on http://localhost: every `Secure` cookie is refused, from a response or from a script, and
 * `navigator.cookieEnabled` is true. Chromium keeps them there, so they are removed from responses and scripts.
 */
export async function refuseSecureCookies(context: BrowserContext): Promise<void> {
  await stripSetCookie(context);
  await context.addInitScript(() => {
    const property = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
    Object.defineProperty(Document.prototype, 'cookie', {
      ...property,
      set(this: Document, cookie: string) {
        if (!/;\s*secure/i.test(cookie)) property?.set?.call(this, cookie);
      },
    });
  });
}

/** A proxy between browser and server removes the cookies of each response. */
export async function stripSetCookie(context: BrowserContext): Promise<void> {
  await context.route(
    (url) => url.pathname.startsWith('/api/'),
    async (route) => {
      const answer = await route.fetch();
      const headers = Object.fromEntries(Object.entries(answer.headers()).filter(([name]) => name !== 'set-cookie'));
      // `fetch` has stored the response's cookies in the browser's jar.
      await context.clearCookies();
      await route.fulfill({ response: answer, headers });
    },
  );
}

/** The notice above every page. */
export async function expectNoticeWith(page: Page, ...parts: (string | RegExp)[]): Promise<void> {
  for (const part of parts) await expect(page.locator('.notices')).toContainText(part);
}

/** Whether the API still accepts an access token. */
export async function isTokenAccepted(origin: string, token: string): Promise<boolean> {
  const answer = await fetch(origin + api.me, { headers: { Authorization: `Bearer ${token}` } });
  return answer.ok;
}
