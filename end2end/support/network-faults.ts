// Ways in which a network fails, as routes of the browser.
import type { APIRequest, BrowserContext, Page, Route } from '@playwright/test';
import { api } from './contract';
import { presentRefreshToken, type RefreshResponse, ticket } from './cookies';

/**
 * How often a page sends an action before it says that it is not known whether it was done: at once, and after about 0.3, 1
 * and 3 s.
 */
export const TRIES_PER_ACTION = 4;
/** What it says then, after the reason. */
export const outcomeUnknown = 'It is not known whether this was done. Try again: it is not done twice.';

const isApiCall = (url: URL) => url.pathname.startsWith('/api/');
const isRefresh = (url: URL) => url.pathname === api.refresh;

/** No call gets through. Returns what mends it. */
export async function goOffline(target: Page | BrowserContext): Promise<() => Promise<void>> {
  const cut = (route: Route) => route.abort('connectionfailed');
  await target.route(isApiCall, cut);
  return () => target.unroute(isApiCall, cut);
}

/** Every refresh is answered with 503. Returns what mends it. */
export async function failRefreshes(page: Page): Promise<() => Promise<void>> {
  const answer = problem(503, 'temporarily_unavailable');
  const refuse = (route: Route) => route.fulfill(answer);
  await page.route(isRefresh, refuse);
  return () => page.unroute(isRefresh, refuse);
}

/** What became of an answer that nobody got. */
export interface LostAnswer {
  readonly answer: Promise<RefreshResponse>;
}

/** An answer that is no page of ours, or one of ours at the wrong moment. */
export interface MockResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

/** A problem document of our server (RFC 9457), with these members beside the usual ones. */
export function problem(status: number, code: string, members: object = {}): MockResponse {
  const type = `urn:baton:problem:${code}`;
  const body = JSON.stringify({ type, title: code, status, code, request_id: '0', ...members });
  return { status, contentType: 'application/problem+json', body };
}

/** What our server answers when all is well. */
export function json(body: object): MockResponse {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) };
}

/** What a captive portal answers to every call. */
export const captivePortal: MockResponse = {
  status: 200,
  contentType: 'text/html',
  body: '<h1>Welcome</h1>',
};

/** The next call of this path gets this answer instead of the server's, or the next so many. */
export async function mockNextResponse(page: Page, path: string, answer: MockResponse, times = 1): Promise<void> {
  const route = (url: URL) => url.pathname === path;
  await page.route(route, (it) => it.fulfill(answer), { times });
}

/**
 * The server gets the next refresh, or the next call of another `path`, and answers; the answer never arrives. It is sent by a client
 * with a jar of its own, because `route.fetch` would put the answer's cookies into the browser's
 * jar, and then nothing would be lost.
 */
export async function loseNextAnswer(
  page: Page,
  request: APIRequest,
  origin: string,
  then: 'may retry' | 'is frozen',
  path: string = api.refresh,
): Promise<LostAnswer> {
  let told: (answer: RefreshResponse) => void;
  const answer = new Promise<RefreshResponse>((resolve) => (told = resolve));
  const lose = async (route: Route) => {
    const presented = await ticket(page.context());
    const answered = await presentRefreshToken(request, origin, presented, route.request());
    // Without timers the page never comes to its next try, however slowly the test goes on.
    if (then === 'is frozen') await page.evaluate(() => (window.setTimeout = (() => 0) as never));
    await route.abort('connectionreset');
    told(answered);
  };
  await page.route((url) => url.pathname === path, lose, { times: 1 });
  return { answer };
}

/**
 * The next refreshes get this answer instead of the server's; the one after them is held back, so
 * that a test can look at the page before it is healed.
 */
export async function mockRefreshResponses(page: Page, times: number, answer: MockResponse): Promise<RequestGate> {
  const gate = await holdRequests(page, api.refresh);
  // The route that was added last is asked first.
  await page.route(isRefresh, (route) => route.fulfill(answer), { times });
  return gate;
}

/** Holds calls back until they are let go all at once: to the server, or to get `answer` instead. */
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
  /** How many calls have come to it. */
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
