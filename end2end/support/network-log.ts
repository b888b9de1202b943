// The network log: the API requests of a browser and their outcomes, which most assertions are about.
import type { BrowserContext, Page, Request, Response } from '@playwright/test';
import { api, loginAlertKinds } from './contract';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** The attempt key of a refresh, or the idempotency key of an action. */
  readonly attemptKey: string | undefined;
  /** The access token of the request. */
  readonly bearer: string | undefined;
  readonly page: Page | undefined;
  /** The status; `'lost'` without a response; undefined while in flight. */
  outcome: number | 'lost' | undefined;
}

export class NetworkLog {
  readonly exchanges: Exchange[] = [];
  /** Polls for login alerts, which follow a refresh in their own time. */
  readonly loginAlertPolls: Exchange[] = [];
  /** Every requested URL of every page, to search for secrets. */
  readonly urls: string[] = [];
  private readonly byRequest = new Map<Request, Exchange>();
  private readonly bodies: Promise<string | undefined>[] = [];

  constructor(context: BrowserContext) {
    context.on('request', (request) => this.sent(request));
    context.on('response', (response) => this.answered(response));
    context.on('requestfailed', (request) => this.settle(request, 'lost'));
  }

  /** `GET /api/me 200`, one line for each exchange, in the order they were sent. */
  lines(): string[] {
    return this.exchanges.map((it) => `${it.method} ${it.path} ${it.outcome ?? '…'}`);
  }

  to(path: string): Exchange[] {
    return this.exchanges.filter((it) => it.path === path);
  }

  refreshes(): Exchange[] {
    return this.to(api.refresh);
  }

  refreshOutcomes(): Exchange['outcome'][] {
    return this.refreshes().map((it) => it.outcome);
  }

  /** Empties the log. */
  clear(): void {
    this.exchanges.length = 0;
    this.loginAlertPolls.length = 0;
  }

  /** Every access token that was issued, oldest first. */
  async accessTokens(): Promise<string[]> {
    const tokens = await Promise.all(this.bodies);
    return tokens.filter((token) => token !== undefined);
  }

  /** The access token that was issued last. */
  async accessToken(): Promise<string> {
    const token = (await this.accessTokens()).at(-1);
    if (!token) throw new Error('no access token has been handed out');
    return token;
  }

  private sent(request: Request): void {
    this.urls.push(request.url());
    const { pathname: path, searchParams } = new URL(request.url());
    if (!path.startsWith('/api/')) return;
    const headers = request.headers();
    const exchange: Exchange = {
      method: request.method(),
      path,
      attemptKey: headers['idempotency-key'],
      bearer: headers.authorization?.replace('Bearer ', ''),
      page: pageOf(request),
      outcome: undefined,
    };
    const isLoginAlertPoll = path === api.events && searchParams.get('kind') === loginAlertKinds;
    (isLoginAlertPoll ? this.loginAlertPolls : this.exchanges).push(exchange);
    this.byRequest.set(request, exchange);
  }

  private answered(response: Response): void {
    this.settle(response.request(), response.status());
    const path = new URL(response.url()).pathname;
    const grants: string[] = [api.register, api.login, api.refresh, api.confirm];
    if (grants.includes(path) && response.ok()) this.bodies.push(tokenIn(response));
  }

  private settle(request: Request, outcome: number | 'lost'): void {
    const exchange = this.byRequest.get(request);
    if (exchange) exchange.outcome = outcome;
  }
}

/** The one idempotency key of all these requests. */
export function sharedKey(exchanges: readonly Exchange[]): string {
  const [key, ...others] = new Set(exchanges.map((it) => it.attemptKey));
  if (key === undefined || others.length > 0) {
    throw new Error(`not one key, but: ${[key, ...others].join(', ')}`);
  }
  return key;
}

async function tokenIn(response: Response): Promise<string | undefined> {
  try {
    const body = (await response.json()) as { access_token?: string };
    return body.access_token;
  } catch {
    // The page has navigated before the body could be read.
    return undefined;
  }
}

function pageOf(request: Request): Page | undefined {
  try {
    return request.frame().page();
  } catch {
    // A navigation that has no page yet.
    return undefined;
  }
}
