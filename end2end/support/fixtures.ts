// The fixtures of every spec: a server for each worker, behind a gateway where a spec asks for it, the network log,
// and the check for console errors.
import { test as base, type Page } from '@playwright/test';
import { ConsoleErrors } from './console-errors';
import { Gateway } from './gateway';
import { type LostAnswer, loseNextAnswer } from './network-faults';
import { NetworkLog } from './network-log';
import { Server, type ServerOptions } from './server';
import { waitForTokenExpiry } from './token-expiry';
import { logIn, registerUser, type User } from './users';

interface Fixtures {
  consoleErrors: ConsoleErrors;
  networkLog: NetworkLog;
  /** A user who has an account and is not logged in. */
  user: User;
  /** A page on which `user` is logged in. */
  account: Page;
  /** `account` after the expiry of its access token; the network log begins there. */
  expired: Page;
  /** Lets the server answer the next refresh of `account`, and loses the answer. */
  loseAnswer: (then: 'may retry' | 'is frozen') => Promise<LostAnswer>;
  /** The server's log, attached to a failed test. */
  serverLog: undefined;
}

interface WorkerFixtures {
  /** Only with `behindGateway`. */
  gatewayIfAny: Gateway | undefined;
  /** Fails without `behindGateway`. */
  gateway: Gateway;
  server: Server;
}

export interface WorkerOptions extends Required<ServerOptions> {
  /** Whether Envoy stands in front of the server, and the notes service beside it. */
  behindGateway: boolean;
}

export const test = base.extend<Fixtures, WorkerFixtures & WorkerOptions>({
  accessTokenSeconds: [900, { option: true, scope: 'worker' }],
  recentLoginSeconds: [900, { option: true, scope: 'worker' }],
  limits: ['off', { option: true, scope: 'worker' }],
  withNotes: [false, { option: true, scope: 'worker' }],
  behindGateway: [false, { option: true, scope: 'worker' }],

  gatewayIfAny: [
    async ({ behindGateway, accessTokenSeconds, recentLoginSeconds, limits }, use) => {
      const options = { accessTokenSeconds, recentLoginSeconds, limits };
      const gateway = behindGateway ? await Gateway.start(options) : undefined;
      await use(gateway);
      await gateway?.discard();
    },
    // All three have to start, and to reach each other.
    { scope: 'worker', timeout: 60_000 },
  ],

  gateway: [
    async ({ gatewayIfAny }, use) => {
      if (!gatewayIfAny) throw new Error('test.use({ behindGateway: true }) is missing');
      await use(gatewayIfAny);
    },
    { scope: 'worker' },
  ],

  server: [
    async ({ gatewayIfAny, accessTokenSeconds, recentLoginSeconds, limits, withNotes }, use) => {
      const options = { accessTokenSeconds, recentLoginSeconds, limits, withNotes };
      const server = gatewayIfAny?.server ?? (await Server.start(options));
      await use(server);
      if (!gatewayIfAny) await server.discard();
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ server }, use) => use(server.origin),

  consoleErrors: [
    async ({ context }, use) => {
      const consoleErrors = new ConsoleErrors();
      consoleErrors.watch(context);
      await use(consoleErrors);
      consoleErrors.check();
    },
    { auto: true },
  ],

  // Attached before other fixtures use the page.
  networkLog: [async ({ context }, use) => use(new NetworkLog(context)), { auto: true }],

  user: async ({ playwright, server }, use) => use(await registerUser(playwright.request, server.origin)),

  account: async ({ page, user }, use) => {
    await logIn(page, user);
    await use(page);
  },

  expired: async ({ account, request, networkLog }, use) => {
    await waitForTokenExpiry(networkLog, request);
    networkLog.clear();
    await use(account);
  },

  loseAnswer: async ({ account, playwright, server }, use) =>
    use((then) => loseNextAnswer(account, playwright.request, server.origin, then)),

  serverLog: [
    async ({ gatewayIfAny, server }, use, testInfo) => {
      const before = server.log.length;
      await use(undefined);
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server.log', { body: gatewayIfAny?.log ?? server.log.slice(before) });
      }
    },
    { auto: true },
  ],
});

export { expect } from '@playwright/test';
