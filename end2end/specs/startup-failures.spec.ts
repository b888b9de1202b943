// The page's WebAssembly or its loader does not arrive, or does not start. The page retries once, and then says what
// happened.
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page, Route } from '@playwright/test';
import { expectTextFocusAndCaret, openBeforeHydration, typeWithCaretInside } from '../support/before-hydration';
import { pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { RequestGate } from '../support/network-faults';
import { Server, site } from '../support/server';
import { expectAccountOf, newUser, sendLogin, waitForHydration } from '../support/users';

const program = /\/assets\/[^/]*\.(js|wasm)(\?|$)/;
const note = (page: Page) => page.locator('.start-note');

/** What arrives in place of a file, and what the page says about it. */
const failures: Record<string, { come: (route: Route) => Promise<void>; said: RegExp }> = {
  'the connection fails': {
    come: (route) => route.abort('connectionfailed'),
    said: /^The server cannot be reached/,
  },
  'it is not found': {
    come: (route) => route.fulfill({ status: 404, contentType: 'application/problem+json' }),
    said: /^What this page needs to start is no longer there/,
  },
  'a captive portal answers': {
    come: (route) => route.fulfill({ contentType: 'text/html', body: '<h1>Welcome, guest</h1>' }),
    said: /^Something between this browser and the server answered/,
  },
  'the server is overloaded': {
    come: (route) => route.fulfill({ status: 503, body: '' }),
    said: /^The server could not deliver/,
  },
  'it is cut short': {
    come: async (route) => {
      const answer = await route.fetch();
      const body = await answer.body();
      await route.fulfill({ response: answer, body: body.subarray(0, body.length / 3) });
    },
    said: /has arrived, but cannot be used/,
  },
};

for (const [ending, kind] of [
  ['js', 'loader'],
  ['wasm', 'program'],
] as const) {
  const file = new RegExp(`/assets/[^/]*\\.${ending}(\\?|$)`);
  for (const [name, { come, said }] of Object.entries(failures)) {
    test(`${name} in the place of the ${kind}: the page says so`, async ({ consoleErrors, page }) => {
      consoleErrors.allow(/./);
      await page.route(file, come);
      await page.goto(pages.login);
      await expect(note(page)).toContainText(said);
      await expect(page.getByRole('alert')).toBeVisible();
      await expect(page.getByRole('main').getByRole('button', { name: 'Log in' })).toBeDisabled();
      // The way out works without the program.
      await page.unroute(file, come);
      await page.getByRole('link', { name: 'Reload' }).click();
      await waitForHydration(page);
      await expect(note(page)).toBeHidden();
    });

    test(`${name} once in the place of the ${kind}: the page starts`, async ({ consoleErrors, page, user }) => {
      consoleErrors.allow(/./);
      // Before the user types, a page whose files are missing reloads itself.
      let proceed = () => {};
      const typed = new Promise<void>((resolve) => (proceed = resolve));
      // The preload, the fetch, and the request by which the page learns why.
      await page.route(file, async (route) => {
        if (/\?retry/.test(route.request().url())) return route.continue();
        await typed;
        return come(route);
      });
      await page.goto(pages.login, { waitUntil: 'commit' });
      await page.locator('#email').fill('typed before');
      proceed();
      await waitForHydration(page);
      await expect(page.locator('#email')).toHaveValue('typed before');
      await sendLogin(page, user);
      await expectAccountOf(page, user);
    });
  }
}

test('a page behind the login says so as well', async ({ account, consoleErrors }) => {
  consoleErrors.allow(/./);
  await account.route(program, (route) => route.abort());
  await account.reload();
  await expect(note(account)).toContainText('The server cannot be reached');
});

test('a login whose second part of the program does not arrive says so, and is tried again', async ({
  consoleErrors,
  page,
  user,
}) => {
  consoleErrors.allow(/./);
  const secondPart = '**/second_part*.wasm';
  await page.route(secondPart, (route) => route.abort('connectionfailed'));
  await page.goto(pages.login);
  await waitForHydration(page);
  await sendLogin(page, user);
  await expect(page.locator('.form-alert')).toHaveText(/^The server cannot be reached\. Nothing is lost/);
  await expect(page.locator('#email')).toHaveValue(user.email);
  await page.unroute(secondPart);
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await expectAccountOf(page, user);
});

test('a page whose second part is gone after an update says so', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/./);
  await page.route('**/second_part*.wasm', (route) => route.fulfill({ status: 404 }));
  await page.goto(pages.login);
  await waitForHydration(page);
  await page.getByLabel('Email').focus();
  await expect(note(page)).toContainText('no longer there, as after an update of the server');
});

test('a page whose start script is blocked says so after a while', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/Content Security Policy|violates/);
  await page.route(pages.login, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll(/ nonce="[^"]*"/g, '') });
  });
  await page.goto(pages.login);
  await expect(note(page)).toBeHidden();
  await note(page).evaluate((it) => {
    for (const animation of it.getAnimations()) animation.finish();
  });
  await expect(note(page)).toHaveText(/^This page is still loading.* Reload$/);
});

test('a browser without WebAssembly shows the reason', async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'WebAssembly'));
  await page.goto(pages.login);
  await expect(note(page)).toContainText('does not run WebAssembly');
});

/** The document changes during hydration: too late to be detected before. */
const changeDuringHydration = () => {
  const listen = window.addEventListener.bind(window);
  let once = false;
  window.addEventListener = ((type: string, ...rest: [EventListener]) => {
    if (type === 'popstate' && !once) {
      once = true;
      const forms = document.querySelectorAll('form');
      for (const form of forms) form.prepend(document.createElement('div'));
    }
    listen(type, ...rest);
  }) as typeof window.addEventListener;
};

test('a trap in hydration mounts the page from scratch, and no listener of the first try is left', async ({
  page,
  user,
  networkLog,
}) => {
  await page.addInitScript(changeDuringHydration);
  const password = page.locator('#password');
  await openBeforeHydration(page, pages.login, async () => {
    await page.locator('#email').fill(user.email);
    await typeWithCaretInside(password, user.password);
  });
  expect(networkLog.urls.join('\n'), 'hydration has failed').toContain('?afresh');
  await expect(page.locator('#email')).toHaveValue(user.email);
  await expectTextFocusAndCaret(password, user.password);
  // One set of listeners: a link is followed without a reload, and once.
  await page.evaluate(() => (window.name = 'not reloaded'));
  await page.getByRole('link', { name: 'Create an account' }).click();
  await expect(page).toHaveURL(pages.register);
  await page.goBack();
  await expect(page).toHaveURL(pages.login);
  await sendLogin(page, user);
  await expectAccountOf(page, user);
  expect(await page.evaluate(() => window.name)).toBe('not reloaded');
  await page.goto(pages.login);
  await expectAccountOf(page, user);
  await expect.poll(() => networkLog.refreshes()).toHaveLength(1);
});

test('a trap in hydration keeps what was typed in the registration, which is sent as it was typed', async ({
  page,
  networkLog,
}) => {
  const user = newUser();
  await page.addInitScript(changeDuringHydration);
  await openBeforeHydration(page, pages.register, async () => {
    await page.locator('#email').fill(user.email);
    await page.locator('#password').fill(user.password);
    await typeWithCaretInside(page.locator('#name'), user.name);
  });
  expect(networkLog.urls.join('\n'), 'hydration has failed').toContain('?afresh');
  await expect(page.locator('#email')).toHaveValue(user.email);
  await expect(page.locator('#password')).toHaveValue(user.password);
  await expectTextFocusAndCaret(page.locator('#name'), user.name);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectAccountOf(page, user);
  await expect(page.getByRole('main')).toContainText(user.name);
});

test('a page that cannot be started says so, and its links still work', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/unreachable|no elements today/);
  await page.addInitScript(changeDuringHydration);
  await page.addInitScript(() => {
    const create = Document.prototype.createElement;
    Document.prototype.createElement = function (this: Document, ...of: [string]) {
      if (of[0] === 'header') throw new Error('no elements today');
      return create.apply(this, of);
    } as typeof create;
  });
  await page.goto(pages.login);
  await expect(note(page)).toContainText('This page has stopped working');
  await expect(page.locator('html')).toHaveAttribute('data-hydrated', 'failed');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Log in');
  await page.getByRole('link', { name: 'Baton' }).click();
  await expect(page).toHaveURL(pages.home);
});

test('a page that breaks later says so', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/unreachable/);
  await page.goto(pages.login);
  await waitForHydration(page);
  await page.evaluate(() => {
    // (module (func (export "trap") unreachable))
    const code = [
      0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0,
      0, 11,
    ];
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(code)));
    queueMicrotask(exports.trap as () => void);
  });
  await expect(note(page)).toContainText('This page has stopped working');
});

/** A server whose site is replaced by the next release while it is stopped. */
const deployed = test.extend<{ release: { server: Server; deploy: () => Promise<void> } }>({
  release: async ({ accessTokenSeconds, recentLoginSeconds, limits }, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'baton-site-'));
    await cp(site, folder, { recursive: true });
    const options = { accessTokenSeconds, recentLoginSeconds, limits };
    const server = await Server.start(options, undefined, folder);
    const deploy = async () => {
      await server.stop();
      // New contents have new file names.
      const list = path.join(folder, 'site.json');
      let text = await readFile(list, 'utf8');
      for (const [whole, name, ending] of text.matchAll(/\/assets\/([^"]*)\.(css|js|wasm)"/g)) {
        for (const packed of ['', '.br', '.gz']) {
          const file = (stem: string) => path.join(folder, 'assets', `${stem}.${ending}${packed}`);
          await rename(file(`${name}`), file(`${name}0`));
        }
        text = text.replace(whole, `/assets/${name}0.${ending}"`);
      }
      await writeFile(list, text);
      await server.start();
    };
    await use({ server, deploy });
    await server.discard();
    await rm(folder, { recursive: true });
  },
  baseURL: async ({ release }, use) => use(release.server.origin),
});

deployed('a page from before a deployment reloads itself once', async ({ consoleErrors, page, release }) => {
  // The icon may be requested while the server is stopped.
  consoleErrors.allow(/status of 404|dynamically imported|favicon/);
  const gate = new RequestGate();
  await page.route(program, (route) => gate.pass(route), { times: 3 });
  await page.goto(pages.login, { waitUntil: 'commit' });
  await expect.poll(() => gate.arrived).toBeGreaterThan(0);
  await release.deploy();
  gate.open();
  await waitForHydration(page);
  await expect(note(page)).toBeHidden();
});

deployed(
  'a page from before a deployment does not throw away what was typed',
  async ({ consoleErrors, page, release }) => {
    consoleErrors.allow(/./);
    const gate = new RequestGate();
    await page.route(program, (route) => gate.pass(route), { times: 3 });
    await page.goto(pages.login, { waitUntil: 'domcontentloaded' });
    await page.locator('#email').fill('typed');
    await expect.poll(() => gate.arrived).toBeGreaterThan(0);
    await release.deploy();
    gate.open();
    await expect(note(page)).toContainText('no longer there, as after an update of the server');
    await expect(page.locator('#email')).toHaveValue('typed');
    await page.getByRole('link', { name: 'Reload' }).click();
    await waitForHydration(page);
  },
);

test('a page whose files are missing for good reloads itself once only', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/./);
  await page.route(program, (route) => route.fulfill({ status: 404 }));
  const loads: string[] = [];
  page.on('request', (request) => request.isNavigationRequest() && loads.push(request.url()));
  await page.goto(pages.login);
  await expect(note(page)).toContainText('no longer there, as after an update of the server');
  expect(loads).toHaveLength(2);
});

test('a stylesheet that is missing after a deployment reloads the page once', async ({ consoleErrors, page }) => {
  consoleErrors.allow(/status of 404/);
  await page.route(/\.css$/, (route) => route.fulfill({ status: 404 }), { times: 2 });
  const loads: string[] = [];
  page.on('request', (request) => request.isNavigationRequest() && loads.push(request.url()));
  await page.goto(pages.login);
  await expect.poll(() => loads.length).toBe(2);
  await waitForHydration(page);
});
