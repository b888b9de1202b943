// The browser's cookie jar, and the replay of a stolen refresh cookie.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIRequest, APIResponse, BrowserContext, Cookie, Page, Request } from '@playwright/test';
import { api, refreshCookie } from './contract';

export async function getCookie(context: BrowserContext, name: string): Promise<Cookie | undefined> {
  return (await context.cookies()).find((it) => it.name === name);
}

/**
 * Sets cookies that only a server may set, and ours no longer sets: by another server on this host, since cookies
 * ignore ports.
 */
export async function setCookiesByAnotherServer(page: Page, cookies: string[]): Promise<void> {
  const another = createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
    if (request.url === '/') response.setHeader('Set-Cookie', cookies);
    response.setHeader('Content-Type', 'text/html');
    // The icon could be requested after the server has closed.
    response.end('<link rel="icon" href="data:,">');
  });
  another.listen(0, '127.0.0.1');
  await once(another, 'listening');
  await page.goto(`http://localhost:${(another.address() as AddressInfo).port}/`);
  another.closeAllConnections();
  another.close();
}

/** The refresh token that the browser would present now. */
export async function ticket(context: BrowserContext): Promise<string> {
  const found = await getCookie(context, refreshCookie);
  if (!found) throw new Error('there is no refresh cookie');
  return found.value;
}

/** The generation of a ticket: bytes 17 to 20, after the version and the session id. */
export function generation(encoded: string): number {
  return Buffer.from(encoded, 'base64url').readUInt32BE(17);
}

export interface RefreshResponse {
  readonly status: number;
  readonly code: string | undefined;
  /** The refresh token that was issued in return. */
  readonly next: string | undefined;
}

/** The User-Agent of the tests' browser, which a careful thief copies. */
export const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/**
 * Presents a refresh token from another client with its own cookie jar: with an attempt key, or with all of a request
 * that a browser meant to send.
 */
export async function presentRefreshToken(
  request: APIRequest,
  origin: string,
  presented: string,
  like?: string | Request,
  userAgent = CHROME,
): Promise<RefreshResponse> {
  const sent = typeof like === 'object' ? like : undefined;
  const { authorization, 'idempotency-key': key = like } = sent?.headers() ?? {};
  const headers = {
    Cookie: `${refreshCookie}=${presented}`,
    ...(typeof key === 'string' ? { 'Idempotency-Key': key } : {}),
    ...(authorization === undefined ? {} : { Authorization: authorization }),
    'User-Agent': sent?.headers()['user-agent'] ?? userAgent,
  };
  const client = await request.newContext({ baseURL: origin });
  try {
    const answer = await client.fetch(sent ? new URL(sent.url()).pathname : api.refresh, {
      method: sent?.method() ?? 'POST',
      headers,
      ...(sent?.postData() ? { data: sent.postDataJSON() as object } : {}),
    });
    const body = answer.ok() ? {} : ((await answer.json()) as { code?: string });
    return { status: answer.status(), code: body.code, next: issued(answer) };
  } finally {
    await client.dispose();
  }
}

function issued(answer: APIResponse): string | undefined {
  const lines = answer.headersArray().filter((it) => it.name.toLowerCase() === 'set-cookie');
  const line = lines.find((it) => it.value.startsWith(`${refreshCookie}=`));
  return line?.value.slice(refreshCookie.length + 1).split(';')[0];
}
