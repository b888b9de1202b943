// Access token expiry: waits until the server refuses a token. The server allows ten seconds of clock skew between
// instances.
import { type APIRequestContext, expect } from '@playwright/test';
import { api } from './contract';
import type { NetworkLog } from './network-log';

/** Short enough for a test to wait; long enough for the tokens of several tabs to stay valid on a slow machine. */
export const SHORT_ACCESS_TOKEN_SECONDS = 4;

/**
 * Returns once the access token issued last is refused at `path`: by the server, or at the edge by the gateway. Asks
 * from outside the browser.
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
