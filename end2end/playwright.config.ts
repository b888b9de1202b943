// The browser tests: the real server, the real WebAssembly, a real Chromium. The environment names the
// programs, as `cargo xtask test` sets it:
//   BATON_BINARY    the server; the debug build of this workspace if not given
//   BATON_SITE      the folder of the built site; this workspace's if not given
//   BATON_CHROMIUM  the browser; Playwright's own if not given
//   BATON_HEADLESS_SHELL  the same without its windows, for most tests; BATON_CHROMIUM if not given
//   BATON_NOTES     the notes service; the debug build of this workspace if not given
//   BATON_ENVOY     the gateway; the `envoy` on PATH if not given
//   CLICKS, SEED    how many clicks of each kind lose answers, and which: idempotency.spec.ts
import { availableParallelism } from 'node:os';
import { defineConfig, type LaunchOptions } from '@playwright/test';
import type { WorkerOptions } from './support/fixtures';

// Chromium's sandbox needs a user who is not root; the other flags keep the browser from talking to servers other
// than the one under test.
const isRoot = process.getuid?.() === 0;
const browserArguments = [
  ...(isRoot ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const chromium = process.env.BATON_CHROMIUM;
// Chromium without its windows takes two fifths less of the processors.
const shell = process.env.BATON_HEADLESS_SHELL ?? chromium;

/** For tests of what the shell lacks: the back/forward cache, a profile's settings. */
export const wholeChromium: LaunchOptions = {
  args: browserArguments,
  ...(chromium ? { executablePath: chromium } : { channel: 'chromium' }),
};

export default defineConfig<object, WorkerOptions>({
  testDir: './specs',
  outputDir: './test-results',
  fullyParallel: true,
  // Tests wait for a third of their time.
  workers: Math.ceil(availableParallelism() * 1.5),
  // No retry: a flake is a bug, here or in the product.
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  globalTimeout: 35 * 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Animations cost a tenth of the time; layout.spec.ts looks at them.
    contextOptions: { reducedMotion: 'reduce' },
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    // Traces cost a quarter of the time: to debug a failure, `--trace retain-on-failure`.
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {
      args: browserArguments,
      ...(shell ? { executablePath: shell } : {}),
    },
  },
});
