// Ways in which a network fails, as routes of the browser.
import type { APIRequest, BrowserContext, Page, Route } from '@playwright/test';
import { api } from './contract';
import { type Presented, present, ticket } from './jar';

const everyCall = (url: URL) => url.pathname.startsWith('/api/');
export const refreshCalls = (url: URL) => url.pathname === api.refresh;

/** No call gets through. Returns what mends it. */
export async function cutTheCable(target: Page | BrowserContext): Promise<() => Promise<void>> {
  const cut = (route: Route) => route.abort('connectionfailed');
  await target.route(everyCall, cut);
  return () => target.unroute(everyCall, cut);
}

/**
 * The server gets the next refresh and answers; the answer never arrives. The request is repeated
 * by a client with a jar of its own, because `route.fetch` would put the answer's cookies into the
 * browser's jar, and then nothing would be lost.
 */
export async function loseTheNextAnswer(
  page: Page,
  request: APIRequest,
  origin: string,
): Promise<{ answer: Promise<Presented> }> {
  let told: (answer: Presented) => void;
  const answer = new Promise<Presented>((resolve) => (told = resolve));
  const lose = async (route: Route) => {
    const presented = await ticket(page.context());
    const key = route.request().headers()['idempotency-key'];
    told(await present(request, origin, presented, key));
    await route.abort('connectionreset');
  };
  await page.route(refreshCalls, lose, { times: 1 });
  return { answer };
}

/** The same, and from then on nothing gets through, so that the page cannot heal by itself. */
export async function loseTheNextAnswerAndTheLine(
  page: Page,
  request: APIRequest,
  origin: string,
): Promise<{ answer: Promise<Presented>; mend: () => Promise<void> }> {
  const mend = await cutTheCable(page);
  // The route that was added last is asked first.
  const lost = await loseTheNextAnswer(page, request, origin);
  return { ...lost, mend };
}

/** Holds calls back until they are let go all at once. */
export async function holdBack(page: Page, path: string): Promise<Gate> {
  const gate = new Gate();
  await page.route(
    (url) => url.pathname === path,
    (route) => gate.pass(route),
  );
  return gate;
}

export class Gate {
  /** How many calls have come to it. */
  arrived = 0;
  private opened: () => void = () => undefined;
  private readonly isOpen = new Promise<void>((resolve) => (this.opened = resolve));

  async pass(route: Route): Promise<void> {
    this.arrived += 1;
    await this.isOpen;
    await route.continue();
  }

  open(): void {
    this.opened();
  }
}
