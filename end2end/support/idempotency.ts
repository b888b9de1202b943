// The fixtures of the idempotency specs: the fault proxy between a real Chromium and the server, and an observer that
// counts effects; and the tests that those specs have in common.
import type { Page } from '@playwright/test';
import {
  type Action,
  changeName,
  changeNote,
  changePassword,
  confirm,
  createAccount,
  createNote,
  deleteAccount,
  deleteNote,
  logIn,
  logOut,
  revokeOtherSessions,
  revokeSession,
  type Scenario,
} from './actions';
import { type Click, Clicks, drain, press, RETRY_DEADLINE_MS } from './clicks';
import { type Fault, FaultProxy, type Protocol } from './fault-proxy';
import { test as base, expect } from './fixtures';
import { Observer } from './observer';
import { Server } from './server';
import { newUser, registerUser } from './users';

interface Fixtures {
  clicks: Clicks;
  /** `user`, who has an account and is not logged in. */
  scenario: Scenario;
  /** A user without an account. */
  unregistered: () => Observer;
}

interface WorkerFixtures {
  /** Chromium's protocol. */
  protocol: Protocol;
  faultProxy: FaultProxy;
  /** The server's origin without the proxy. */
  directOrigin: string;
}

/** Longer than any run: neither a refresh nor a step-up between two clicks. */
const A_DAY_SECONDS = 86_400;

export const test = base.extend<Fixtures, WorkerFixtures>({
  protocol: ['http/1.1', { option: true, scope: 'worker' }],
  accessTokenSeconds: A_DAY_SECONDS,
  recentLoginSeconds: A_DAY_SECONDS,
  ignoreHTTPSErrors: true,

  faultProxy: [
    async ({ protocol }, use) => {
      const proxy = await FaultProxy.start(protocol);
      await use(proxy);
      proxy.close();
    },
    { scope: 'worker' },
  ],

  // A gateway stands between the proxy and the server, which then has the gateway's origin.
  server: [
    async ({ accessTokenSeconds, faultProxy, gatewayIfAny, limits, recentLoginSeconds }, use) => {
      const options = { accessTokenSeconds, limits, recentLoginSeconds };
      const proxy = { origin: faultProxy.origin, audiences: [] };
      const server = gatewayIfAny?.server ?? (await Server.start(options, proxy));
      const { origin } = server;
      faultProxy.forwardTo({ origin, port: gatewayIfAny ? Number(new URL(origin).port) : server.port });
      await use(server);
      if (!gatewayIfAny) await server.discard();
    },
    { scope: 'worker' },
  ],

  directOrigin: [
    async ({ gatewayIfAny, server }, use) => use(gatewayIfAny ? server.origin : `http://localhost:${server.port}`),
    { scope: 'worker' },
  ],

  baseURL: async ({ faultProxy }, use) => use(faultProxy.origin),

  user: async ({ directOrigin, playwright }, use) => use(await registerUser(playwright.request, directOrigin)),

  scenario: async ({ directOrigin, faultProxy, page, user }, use) =>
    use({ page, proxy: faultProxy, observer: new Observer(directOrigin, user) }),

  unregistered: async ({ directOrigin }, use) => use(() => new Observer(directOrigin, newUser())),

  clicks: async ({ faultProxy, page, networkLog }, use, testInfo) =>
    use(new Clicks(page, faultProxy, networkLog, testInfo)),
});

/** Actions that lead to each other. */
export type Series = Record<string, Action[]>;

/** Those of a user with an account. */
export const accountSeries: Series = {
  'a login and a logout take place once': [logIn, logOut],
  'name and password are changed once': [changeName, confirm, changePassword],
  'sessions are revoked once': [revokeSession, revokeOtherSessions],
};

/** Those of the notes service. */
export const noteSeries: Series = {
  'a note is created, changed and deleted once': [createNote, changeNote, deleteNote],
};

const LOST = 'however often the answer is lost';

/** A test for each series. */
export function eachClickHasOneEffect(all: Series): void {
  for (const [what, actions] of Object.entries(all)) {
    test(`${what}, ${LOST}`, async ({ clicks, protocol, scenario }) => {
      await clicks.rounds(() => inTurn(actions, clicks, scenario));
      expect(await negotiatedProtocol(scenario.page), 'what the browser speaks').toBe(protocol);
    });
  }
}

/** The same with a new user for each round. */
export function eachAccountBeginsAndEndsOnce(): void {
  test(`an account is created and deleted once, ${LOST}`, async ({ clicks, unregistered, scenario }) => {
    const actions = [createAccount, deleteAccount];
    await clicks.rounds(() => inTurn(actions, clicks, { ...scenario, observer: unregistered() }));
  });
}

async function inTurn(actions: Action[], clicks: Clicks, scenario: Scenario): Promise<void> {
  for (const action of actions) await clicks.run(await action(scenario));
}

/** Clicks until the page stops its retries, and again once answers arrive: only the first click has an effect. */
export async function expectOneEffectAfterNoAnswer(action: Action, scenario: Scenario): Promise<void> {
  const click = await action(scenario);
  const before = await click.count();
  const fault = await clickWithoutAnswer(click, scenario);
  await expect(scenario.page.getByText(/not known/i).first()).toBeVisible({ timeout: RETRY_DEADLINE_MS });
  await expect(click.done).toBeHidden();
  await drain(fault);
  await click.button.click();
  await expect(click.done).toBeVisible();
  expect((await click.count()) - before, 'effects').toBe(1);
}

/** The same, if the user reloads the page instead of waiting, and enters the same again. */
export async function expectOneEffectAfterReload(action: Action, scenario: Scenario): Promise<void> {
  const click = await action(scenario);
  const before = await click.count();
  const fault = await clickWithoutAnswer(click, scenario);
  await scenario.page.reload({ waitUntil: 'commit' });
  await drain(fault);
  const again = await action(scenario);
  await again.button.click();
  await expect(again.done).toBeVisible();
  expect((await click.count()) - before, 'effects').toBe(1);
}

/** Clicks while all answers are lost. */
async function clickWithoutAnswer(click: Click, { page, proxy }: Scenario): Promise<Fault> {
  await proxy.openIdleConnections(page);
  const fault = proxy.loseAnswers(click.call, Infinity);
  await press(click.button, fault);
  return fault;
}

/** The protocol of this document (Resource Timing, `nextHopProtocol`). */
async function negotiatedProtocol(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const [document] = performance.getEntriesByType('navigation');
    return (document as PerformanceNavigationTiming | undefined)?.nextHopProtocol;
  });
}
