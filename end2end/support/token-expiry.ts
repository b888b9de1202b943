// How a test gets an access token that has expired: by waiting until the server says so. The
// server allows for clocks of instances that differ by ten seconds.
import { type APIRequestContext, expect } from '@playwright/test';
import { api } from './contract';
import type { NetworkLog } from './network-log';

/** So short that a test can wait; so long that a slow machine's tabs find each other's alive. */
export const SHORT_ACCESS_TOKEN_SECONDS = 4;

/**
 * Returns once the last token that was handed out is refused where `path` leads: by the server, or at the edge
 * by the gateway. Asks from outside the browser.
 */
export async function waitForTokenExpiry(
  networkLog: NetworkLog,
  client: APIRequestContext,
  path: string = api.me,
): Promise<void> {
  const headers = { Authorization: `Bearer ${await networkLog.accessToken()}` };
  const status = async () => (await client.get(path, { headers })).status();
  await expect.poll(status, { timeout: 25_000, intervals: [500] }).toBe(401);
}
