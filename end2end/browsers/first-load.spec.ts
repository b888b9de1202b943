// The first page of a visitor on a slow line: each file of the program is fetched once, in three engines. WebKit does
// not take over what a link preloads with `as=fetch`, so the page preloads nothing.
import { chromium, expect, test } from '@playwright/test';
import { pages } from '../support/contract';
import { Server } from '../support/server';
import { startFirefox } from './firefox';
import { waitForHydration } from './page-actions';
import { SlowLine } from './slow-line';
import { required, type Tab } from './tab';
import { startWebKit } from './webkit';

/** Lighthouse's mobile profile has 1.6 Mbit/s. */
const BYTES_PER_SECOND = 200_000;

interface OpenedBrowser {
  readonly version: string;
  newTab(): Promise<Pick<Tab, 'open' | 'evaluate'>>;
  close(): Promise<void>;
}

const browsers: [string, () => Promise<OpenedBrowser>][] = [
  ['Chromium', startChromium],
  ['Firefox', startFirefox],
  ['WebKitGTK', startWebKit],
];

for (const [name, start] of browsers) {
  test(`${name} fetches each file of the first page once`, async () => {
    const browser = await start();
    try {
      for (const path of [pages.home, pages.login, pages.register]) {
        const files = await filesOf(browser, path);
        console.log(`    ${browser.version}, ${path}: ${files.join(', ')}`);
        expect(files.map(withoutHash).sort()).toEqual(['baton.css', 'frontend.js', 'frontend_bg.wasm']);
      }
    } finally {
      await browser.close();
    }
  });
}

/** The styles, scripts and programs that a browser requests for a page. Its cache has none: the origin is new. */
async function filesOf(browser: OpenedBrowser, path: string): Promise<string[]> {
  const line = await SlowLine.start(BYTES_PER_SECOND);
  const options = { accessTokenSeconds: 300, recentLoginSeconds: 900, limits: 'off' } as const;
  const server = await Server.start(options, { origin: line.origin, audiences: [] });
  try {
    line.forwardTo(server.port);
    const tab = await browser.newTab();
    await tab.open(line.origin + path);
    await waitForHydration(tab);
    return line.requested.filter((it) => /\.(css|js|wasm)(\?|$)/.test(it));
  } finally {
    line.close();
    await server.discard();
  }
}

/** `/assets/name-0123456789abcdef.js?query`: `name.js?query`. */
function withoutHash(url: string): string {
  return url.replace('/assets/', '').replace(/-[0-9a-f]{16}\./, '.');
}

async function startChromium(): Promise<OpenedBrowser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: required('BATON_CHROMIUM'), args });
  return {
    version: `chromium ${browser.version()}`,
    newTab: async () => {
      const page = await browser.newPage();
      return {
        open: async (url) => {
          await page.goto(url);
        },
        evaluate: (expression) => page.evaluate(expression),
      };
    },
    close: () => browser.close(),
  };
}
