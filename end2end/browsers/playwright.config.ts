// The main path in Firefox (WebDriver BiDi) and WebKitGTK (WebDriver), both as Debian packages them, and the first
// load in these and Chromium. Playwright runs the tests and drives Chromium alone. `cargo xtask browsers` sets the
// environment:
//   BATON_BINARY, BATON_SITE                     as for the other browser tests
//   BATON_CERTIFICATE, BATON_CERTIFICATE_KEY     files in PEM, for https://localhost
//   BATON_CHROMIUM, BATON_FIREFOX, BATON_WEBKIT_DRIVER, BATON_MINIBROWSER, BATON_XVFB     the programs
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000,
  globalTimeout: 10 * 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
});
