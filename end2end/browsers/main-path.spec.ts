// What a session goes through, in browsers that the other tests do not know.
import { expect, request, test } from '@playwright/test';
import { hintCookie, loginWithReturn, pages, refreshCookie } from '../support/contract';
import { presentRefreshToken } from '../support/cookies';
import { startFirefox } from './firefox';
import { button, callUntilRepeated, isAt, open, register, sees, started } from './person';
import { overHttp, overHttps, type Served } from './served';
import type { Driven, Tab } from './tab';
import { startWebKit } from './webkit';

/** Whether it keeps `Secure` cookies of a page that came over http from localhost. */
const browsers = [
  { name: 'Firefox', start: startFirefox, keepsCookiesOverHttp: true },
  { name: 'WebKitGTK', start: startWebKit, keepsCookiesOverHttp: false },
];

for (const { name, start, keepsCookiesOverHttp } of browsers) {
  test.describe(name, () => {
    test.describe.configure({ mode: 'serial' });
    let browser: Driven;
    let served: Served;

    test.beforeAll(async () => {
      browser = await start();
    });
    test.afterAll(async () => browser?.close());
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the fixtures destructured, also where none is used.
    test.afterEach(async ({}, testInfo) => {
      if (served && testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server.log', { body: served.server.log });
      }
      await served?.discard();
    });

    test('https: register, expiry, reload, two tabs, logout', async () => {
      served = await overHttps();
      const tab = await browser.newTab();
      console.log(`    ${browser.version}`);
      const user = await test.step('register', () => register(tab, served.origin));
      await expect(tab.evaluate("document.querySelector('.notices').textContent")).resolves.toBe('');

      await test.step('expiry', () => callUntilRepeated(tab));
      await test.step('reload', async () => {
        await tab.reload();
        await started(tab);
        await sees(tab, 'main', user.email);
        await isAt(tab, pages.account);
      });
      const other = await test.step('two tabs', async () => {
        const other = await browser.newTab();
        await open(other, served.origin + pages.account);
        await sees(other, 'main', user.email);
        // Whoever notices first, both go on.
        await callUntilRepeated(other);
        await tab.click(button('Call the API'));
        await sees(tab, '.call-result', /answered|Answered/);
        return other;
      });
      await test.step('both need a token at once', () => bothAtOnce(tab, other));
      await test.step('logout', async () => {
        await tab.click(button('Log out'));
        await sees(tab, '.notices', 'You are logged out.');
        await isAt(other, loginWithReturn);
        await sees(other, '.notices', 'You logged out in another tab');
        await open(tab, served.origin + pages.account);
        await isAt(tab, loginWithReturn);
      });
      expect(served.server.log).not.toContain('replayed');
    });

    test('https: a stolen cookie ends the session, and the page says why', async () => {
      served = await overHttps();
      const tab = await browser.newTab();
      const user = await register(tab, served.origin);
      const stolen = (await browser.cookie(refreshCookie)) ?? '';
      expect(stolen, 'the refresh cookie').not.toBe('');
      await tab.reload();
      await started(tab);
      await sees(tab, 'main', user.email);
      const userAgent = await tab.evaluate<string>('navigator.userAgent');
      const direct = `http://127.0.0.1:${served.server.port}`;
      const answer = await presentRefreshToken(request, direct, stolen, undefined, userAgent);
      expect(answer).toMatchObject({ status: 401, code: 'invalid_grant' });
      await tab.click(button('Call the API'));
      await isAt(tab, loginWithReturn);
      await sees(tab, '.notices', 'its refresh token was presented');
    });

    test(`http://localhost: ${keepsCookiesOverHttp ? 'all is well' : 'told what is not kept'}`, async () => {
      served = await overHttp();
      const tab = await browser.newTab();
      await open(tab, served.origin + pages.login);
      if (!keepsCookiesOverHttp) await sees(tab, '.cookie-note', 'keep none over http');
      const user = await register(tab, served.origin);
      const kept = await tab.evaluate<string>('document.cookie');
      expect(kept.includes(hintCookie)).toBe(keepsCookiesOverHttp);
      if (!keepsCookiesOverHttp) {
        await sees(tab, '.notices', 'This browser kept no cookie of your login');
        await isAt(tab, loginWithReturn);
        await sees(tab, '.notices', 'it lasted only as long as its first access token');
        await register(tab, served.origin);
        await sees(tab, '.notices', 'This browser kept no cookie of your login');
      }
      await tab.reload();
      await started(tab);
      if (keepsCookiesOverHttp) await sees(tab, 'main', user.email);
      else await sees(tab, '.notices', 'You are not logged in any more');
    });
  });
}

/** Both tabs call again and again over the time that a token lives: neither may be logged out. */
async function bothAtOnce(tab: Tab, other: Tab): Promise<void> {
  const until = Date.now() + 16_000;
  while (Date.now() < until) {
    for (const one of [tab, other]) await one.click(button('Call the API'));
    for (const one of [tab, other]) await sees(one, '.call-result', /answered|Answered/);
  }
}
