// Network faults and mock responses, as Playwright routes.
import type { APIRequest, BrowserContext, Page, Route } from '@playwright/test';
import { api } from './contract';
import { presentRefreshToken, type RefreshResponse, ticket } from './cookies';

/**
 * How often a page sends an action before it reports an unknown outcome: at once, and with back-off after about 0.3,
 * 1 and 3 s.
 */
export const TRIES_PER_ACTION = 4;
/** What it says then, after the reason. */
export const outcomeUnknown = 'It is not known whether this was done. Try again: it is not done twice.';

const isApiCall = (url: URL) => url.pathname.startsWith('/api/');
const isRefresh = (url: URL) => url.pathname === api.refresh;

/** Fails every API call. Returns the way back online. */
export async function goOffline(target: Page | BrowserContext): Promise<() => Promise<void>> {
  const cut = (route: Route) => route.abort('connectionfailed');
  await target.route(isApiCall, cut);
  return () => target.unroute(isApiCall, cut);
}

/** Answers every refresh with 503. Returns the way back. */
export async function failRefreshes(page: Page): Promise<() => Promise<void>> {
  const answer = problem(503, 'temporarily_unavailable');
  const refuse = (route: Route) => route.fulfill(answer);
  await page.route(isRefresh, refuse);
  return () => page.unroute(isRefresh, refuse);
}

/** The server's response, which the page did not get. */
export interface LostAnswer {
  readonly answer: Promise<RefreshResponse>;
}

/** A mock response: of a proxy, or of the server at the wrong moment. */
export interface MockResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

/** A problem document of our server (RFC 9457), with additional members. */
export function problem(status: number, code: string, members: object = {}): MockResponse {
  const type = `urn:baton:problem:${code}`;
  const body = JSON.stringify({ type, title: code, status, code, request_id: '0', ...members });
  return { status, contentType: 'application/problem+json', body };
}

/** A successful response of our server. */
export function json(body: object): MockResponse {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) };
}

/** A captive portal's response to every call. */
export const captivePortal: MockResponse = {
  status: 200,
  contentType: 'text/html',
  body: '<h1>Welcome</h1>',
};

/** Mocks the response to the next calls of this path. */
export async function mockNextResponse(page: Page, path: string, answer: MockResponse, times = 1): Promise<void> {
  const route = (url: URL) => url.pathname === path;
  await page.route(route, (it) => it.fulfill(answer), { times });
}

/**
 * The server answers the next refresh, or the next call of another `path`, and the answer is lost. It is sent by a
 * client with its own cookie jar, because `route.fetch` would store the response's cookies in the browser's jar, and
 * then it would not be lost.
 */
export async function loseNextAnswer(
  page: Page,
  request: APIRequest,
  origin: string,
  then: 'may retry' | 'is frozen',
  path: string = api.refresh,
): Promise<LostAnswer> {
  let resolveAnswer: (answer: RefreshResponse) => void;
  const answer = new Promise<RefreshResponse>((resolve) => (resolveAnswer = resolve));
  const lose = async (route: Route) => {
    const presented = await ticket(page.context());
    const answered = await presentRefreshToken(request, origin, presented, route.request());
    // Without timers the page never retries, however slow the test is.
    if (then === 'is frozen') await page.evaluate(() => (window.setTimeout = (() => 0) as never));
    await route.abort('connectionreset');
    resolveAnswer(answered);
  };
  await page.route((url) => url.pathname === path, lose, { times: 1 });
  return { answer };
}

/**
 * The next refreshes get this mock response; the one after them is held, so that a test can look at the page before
 * it recovers.
 */
export async function mockRefreshResponses(page: Page, times: number, answer: MockResponse): Promise<RequestGate> {
  const gate = await holdRequests(page, api.refresh);
  // Playwright asks the route added last first.
  await page.route(isRefresh, (route) => route.fulfill(answer), { times });
  return gate;
}

/** Holds calls until the gate opens: then they reach the server, or get `answer` instead. */
export async function holdRequests(
  page: Page,
  path: string,
  answer?: MockResponse | 'lost',
  times?: number,
): Promise<RequestGate> {
  const gate = new RequestGate(answer);
  await page.route(
    (url) => url.pathname === path,
    (route) => gate.pass(route),
    times === undefined ? {} : { times },
  );
  return gate;
}

export class RequestGate {
  /** How many calls have arrived. */
  arrived = 0;
  private opened: () => void = () => undefined;
  private readonly isOpen = new Promise<void>((resolve) => (this.opened = resolve));

  constructor(private readonly answer?: MockResponse | 'lost') {}

  async pass(route: Route): Promise<void> {
    this.arrived += 1;
    await this.isOpen;
    if (this.answer === 'lost') await route.abort('connectionreset');
    else if (this.answer) await route.fulfill(this.answer);
    else await route.continue();
  }

  open(): void {
    this.opened();
  }
}
