// The `test` of every spec: a server for each worker, a record of the wire, and an ear for what the
// browser complains about.
import { type Page, test as base } from '@playwright/test';
import { Complaints } from './complaints';
import { untilTheTokenHasExpired } from './expiry';
import { type LostAnswer, loseTheNextAnswer } from './network';
import { Server, type ServerOptions } from './server';
import { type User, enrol, logIn } from './users';
import { Wire } from './wire';

interface Fixtures {
  complaints: Complaints;
  wire: Wire;
  /** Somebody who has an account and is not logged in. */
  user: User;
  /** A page on which `user` is logged in. */
  account: Page;
  /** `account`, once its access token has expired; the wire is counted from there. */
  expired: Page;
  /** Lets the server answer the next refresh of `account`, and loses the answer. */
  loseAnswer: (then: 'may retry' | 'is frozen') => Promise<LostAnswer>;
  /** The server's log, kept with a failed test. */
  serverLog: void;
}

interface WorkerFixtures {
  server: Server;
}

export const test = base.extend<Fixtures, WorkerFixtures & ServerOptions>({
  accessTokenSeconds: [900, { option: true, scope: 'worker' }],
  recentLoginSeconds: [900, { option: true, scope: 'worker' }],

  server: [
    async ({ accessTokenSeconds, recentLoginSeconds }, use) => {
      const server = await Server.start({ accessTokenSeconds, recentLoginSeconds });
      await use(server);
      await server.discard();
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ server }, use) => use(server.origin),

  complaints: [
    async ({ context }, use) => {
      const complaints = new Complaints();
      complaints.watch(context);
      await use(complaints);
      complaints.check();
    },
    { auto: true },
  ],

  // Listening from the start, whatever other fixtures do with the page first.
  wire: [async ({ context }, use) => use(new Wire(context)), { auto: true }],

  user: async ({ playwright, server }, use) => use(await enrol(playwright.request, server.origin)),

  account: async ({ page, user }, use) => {
    await logIn(page, user);
    await use(page);
  },

  expired: async ({ account, request, wire }, use) => {
    await untilTheTokenHasExpired(wire, request);
    wire.forget();
    await use(account);
  },

  loseAnswer: async ({ account, playwright, server }, use) =>
    use((then) => loseTheNextAnswer(account, playwright.request, server.origin, then)),

  serverLog: [
    async ({ server }, use, testInfo) => {
      const before = server.log.length;
      await use();
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server.log', { body: server.log.slice(before) });
      }
    },
    { auto: true },
  ],
});

export { expect } from '@playwright/test';
