// Several sessions of one user, and the age of a login.
import { type APIRequestContext, type Browser, expect, type Page } from '@playwright/test';
import { api } from './contract';
import type { NetworkLog } from './network-log';
import { logIn, type User } from './users';

/** Short enough for a test to wait; long enough for a slow machine to repeat a call in time. */
export const SHORT_RECENT_LOGIN_SECONDS = 3;

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

/** `user` logs in with another browser, which has its own cookies. */
export async function logInOnAnotherDevice(browser: Browser, origin: string, user: User): Promise<Page> {
  const context = await browser.newContext({
    baseURL: origin,
    userAgent: FIREFOX,
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  await logIn(page, user);
  return page;
}

/** Returns once the server requires a step-up. Asks from outside the browser. */
export async function waitUntilStepUpRequired(networkLog: NetworkLog, client: APIRequestContext): Promise<void> {
  const headers = { Authorization: `Bearer ${await networkLog.accessToken()}` };
  // An unknown session: while the login is recent the answer is 404.
  const unknownSession = `${api.sessions}/00000000-0000-7000-8000-000000000000`;
  const status = async () => (await client.delete(unknownSession, { headers })).status();
  await expect.poll(status, { timeout: 25_000, intervals: [500] }).toBe(401);
}

/** A security event of another session, a moment ago: the `number`th of a test. */
export function mockEvent(kind: string, number: number) {
  const id = `0000000${number}-0000-7000-8000-000000000000`;
  return {
    id,
    kind,
    at: Math.floor(Date.now() / 1000) + number,
    session_id: '01980000-0000-7000-8000-000000000001',
    current: false,
    cause: null,
    ip: '203.0.113.9',
    device: { browser: 'Firefox', os: 'Linux', kind: 'desktop' },
  };
}

/** A session; number 1 is the current one. */
export function mockSession(number: number) {
  const began = Math.floor(Date.now() / 1000) - number * 86_400;
  return {
    id: `0198000${number}-0000-7000-8000-000000000001`,
    current: number === 1,
    created_at: began,
    last_seen_at: began + 3_600,
    refreshes: number,
    expires_at: began + 7 * 86_400,
    ip: number === 2 ? '2001:db8:85a3:8d3:1319:8a2e:370:7348' : '203.0.113.9',
    device:
      number === 3
        ? { browser: 'unknown', os: 'unknown', kind: 'unknown' }
        : { browser: 'Firefox', os: 'Linux', kind: 'desktop' },
  };
}
