// The life of a session in Firefox and WebKitGTK: login, expiry, replay, logout.
import { expect, request, test } from '@playwright/test';
import { hintCookie, loginWithReturn, pages, refreshCookie } from '../support/contract';
import { presentRefreshToken } from '../support/cookies';
import { startFirefox } from './firefox';
import { button, callUntilRefreshed, expectPath, expectText, open, register, waitForHydration } from './page-actions';
import type { DrivenBrowser, Tab } from './tab';
import { serveOverHttp, serveOverHttps, type TestServer } from './test-server';
import { startWebKit } from './webkit';

/** `keepsCookiesOverHttp`: whether the browser keeps `Secure` cookies of a page from http://localhost. */
const browsers = [
  { name: 'Firefox', start: startFirefox, keepsCookiesOverHttp: true },
  { name: 'WebKitGTK', start: startWebKit, keepsCookiesOverHttp: false },
];

for (const { name, start, keepsCookiesOverHttp } of browsers) {
  test.describe(name, () => {
    test.describe.configure({ mode: 'serial' });
    let browser: DrivenBrowser;
    let served: TestServer;

    test.beforeAll(async () => {
      browser = await start();
    });
    test.afterAll(async () => browser?.close());
    // biome-ignore lint/correctness/noEmptyPattern: Playwright requires a destructured first parameter.
    test.afterEach(async ({}, testInfo) => {
      if (served && testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server.log', { body: served.server.log });
      }
      await served?.discard();
    });

    test('https: register, expiry, reload, two tabs, logout', async () => {
      served = await serveOverHttps();
      const tab = await browser.newTab();
      console.log(`    ${browser.version}`);
      const user = await test.step('register', () => register(tab, served.origin));
      await expect(tab.evaluate("document.querySelector('.notices').textContent")).resolves.toBe('');

      await test.step('expiry', () => callUntilRefreshed(tab));
      await test.step('reload', async () => {
        await tab.reload();
        await waitForHydration(tab);
        await expectText(tab, 'main', user.email);
        await expectPath(tab, pages.account);
      });
      const other = await test.step('two tabs', async () => {
        const other = await browser.newTab();
        await open(other, served.origin + pages.account);
        await expectText(other, 'main', user.email);
        // One tab refreshes first; both stay logged in.
        await callUntilRefreshed(other);
        await tab.click(button('Call the API'));
        await expectText(tab, '.call-result', /answered|Answered/);
        return other;
      });
      await test.step('both need a token at once', () => bothAtOnce(tab, other));
      await test.step('logout', async () => {
        await tab.click(button('Log out'));
        await expectText(tab, '.notices', 'You are logged out.');
        await expectPath(other, loginWithReturn);
        await expectText(other, '.notices', 'You logged out in another tab');
        await open(tab, served.origin + pages.account);
        await expectPath(tab, loginWithReturn);
      });
      expect(served.server.log).not.toContain('replayed');
    });

    test('https: a replayed cookie revokes the session, and the page says why', async () => {
      served = await serveOverHttps();
      const tab = await browser.newTab();
      const user = await register(tab, served.origin);
      const stolen = (await browser.cookie(refreshCookie)) ?? '';
      expect(stolen, 'the refresh cookie').not.toBe('');
      await tab.reload();
      await waitForHydration(tab);
      await expectText(tab, 'main', user.email);
      const userAgent = await tab.evaluate<string>('navigator.userAgent');
      const direct = `http://127.0.0.1:${served.server.port}`;
      const answer = await presentRefreshToken(request, direct, stolen, undefined, userAgent);
      expect(answer).toMatchObject({ status: 401, code: 'invalid_grant' });
      await tab.click(button('Call the API'));
      await expectPath(tab, loginWithReturn);
      await expectText(tab, '.notices', 'the refresh token of this session was used a second time');
    });

    test(`http://localhost: ${keepsCookiesOverHttp ? 'all is well' : 'warns that the login is not kept'}`, async () => {
      served = await serveOverHttp();
      const tab = await browser.newTab();
      await open(tab, served.origin + pages.login);
      if (!keepsCookiesOverHttp) await expectText(tab, '.cookie-note', 'keep none over http');
      const user = await register(tab, served.origin);
      const kept = await tab.evaluate<string>('document.cookie');
      expect(kept.includes(hintCookie)).toBe(keepsCookiesOverHttp);
      if (!keepsCookiesOverHttp) {
        await expectText(tab, '.notices', 'This browser kept no cookie of your login');
        await expectPath(tab, loginWithReturn);
        await expectText(tab, '.notices', 'it lasted only as long as its first access token');
        await register(tab, served.origin);
        await expectText(tab, '.notices', 'This browser kept no cookie of your login');
      }
      await tab.reload();
      await waitForHydration(tab);
      if (keepsCookiesOverHttp) await expectText(tab, 'main', user.email);
      else await expectText(tab, '.notices', 'You are not logged in any more');
    });
  });
}

/** Both tabs keep calling past several token expiries: neither may be logged out. */
async function bothAtOnce(tab: Tab, other: Tab): Promise<void> {
  const until = Date.now() + 16_000;
  while (Date.now() < until) {
    for (const one of [tab, other]) await one.click(button('Call the API'));
    for (const one of [tab, other]) await expectText(one, '.call-result', /answered|Answered/);
  }
}
