// The `test` of every spec: a server for each worker, behind a gateway where a spec asks for one, a record of
// the wire, and an ear for what the browser complains about.
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
  /** Somebody who has an account and is not logged in. */
  user: User;
  /** A page on which `user` is logged in. */
  account: Page;
  /** `account`, once its access token has expired; the wire is counted from there. */
  expired: Page;
  /** Lets the server answer the next refresh of `account`, and loses the answer. */
  loseAnswer: (then: 'may retry' | 'is frozen') => Promise<LostAnswer>;
  /** The server's log, kept with a failed test. */
  serverLog: undefined;
}

interface WorkerFixtures {
  /** Only where `behindGateway` was asked for. */
  gatewayIfAny: Gateway | undefined;
  /** Fails where it was not. */
  gateway: Gateway;
  server: Server;
}

export interface WorkerOptions extends ServerOptions {
  /** Whether Envoy stands in front of the server, and the notes service beside it. */
  behindGateway: boolean;
}

export const test = base.extend<Fixtures, WorkerFixtures & WorkerOptions>({
  accessTokenSeconds: [900, { option: true, scope: 'worker' }],
  recentLoginSeconds: [900, { option: true, scope: 'worker' }],
  limits: ['off', { option: true, scope: 'worker' }],
  behindGateway: [false, { option: true, scope: 'worker' }],

  gatewayIfAny: [
    async ({ behindGateway, accessTokenSeconds, recentLoginSeconds, limits }, use) => {
      const options = { accessTokenSeconds, recentLoginSeconds, limits };
      const gateway = behindGateway ? await Gateway.start(options) : undefined;
      await use(gateway);
      await gateway?.discard();
    },
    // All three have to start, and to find each other.
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
    async ({ gatewayIfAny, accessTokenSeconds, recentLoginSeconds, limits }, use) => {
      const options = { accessTokenSeconds, recentLoginSeconds, limits };
      const server = gatewayIfAny?.server ?? (await Server.start(options));
      await use(server);
      if (!gatewayIfAny) await server.discard();
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ server }, use) => use(server.origin),

  consoleErrors: [
    async ({ context }, use) => {
      const complaints = new ConsoleErrors();
      complaints.watch(context);
      await use(complaints);
      complaints.check();
    },
    { auto: true },
  ],

  // Listening from the start, whatever other fixtures do with the page first.
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
