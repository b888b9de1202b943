#!/usr/bin/env bash
# WebKitGTK 2.50.6 (Debian 12) does not take over what a link preloads for `fetch`: it downloads the file again.
#
# Guess, written down before the run: `<link rel="preload" as="fetch" crossorigin>` and a `fetch` of the same URL
# are one request in every engine, as HTML says where it lets `fetch` consume a preloaded resource.
# Seen: one request in Chromium and Firefox. WebKitGTK sends two if `fetch` comes while the preload is under way.
# After its end the answer comes from the cache, so two again if it is `no-store`. On a fast line no test notices.
# Why it matters: on the slow line for which a program is preloaded it is downloaded twice, each at half the speed.
# Begin the download by `fetch` in a script of the page, and hand the promise over.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get install -qq -y chromium firefox-esr webkit2gtk-driver xvfb > /dev/null

cat > count.mjs <<'END'
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [minibrowser] = process.argv.slice(2);
const preload = (file) => `<link rel="preload" as="fetch" crossorigin href="${file}">`;
const fetched = (file) => `fetch('${file}').then((it) => it.arrayBuffer()).then(() => fetch('/done'))`;
const later = (file) => `setTimeout(() => ${fetched(file)}, 3000)`;
const pages = {
  'during the preload': `${preload('/file')}<script>${fetched('/file')}</script>`,
  'after the preload': `${preload('/file')}<script>${later('/file')}</script>`,
  'after the preload, no-store': `${preload('/file?no-store')}<script>${later('/file?no-store')}</script>`,
};
const SLOW_MS = 1500;

/** Loads a page with a new browser; the number of requests for the file. */
function requests(browser, page) {
  return new Promise((resolve) => {
    let count = 0;
    const profile = mkdtempSync(`${process.cwd()}/profile-`);
    const server = createServer((asked, answer) => {
      if (asked.url.startsWith('/file')) {
        count += 1;
        const caching = asked.url.endsWith('no-store') ? 'no-store' : 'max-age=3600';
        answer.writeHead(200, { 'content-type': 'application/wasm', 'cache-control': caching });
        answer.write('a'.repeat(5_000));
        setTimeout(() => answer.end('a'.repeat(5_000)), SLOW_MS);
      } else if (asked.url === '/done') {
        answer.writeHead(204).end();
        process.kill(-child.pid, 'SIGKILL');
        server.close();
        server.closeAllConnections();
        resolve(count);
      } else if (asked.url === '/') {
        answer.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>A page</title>${page}`);
      } else {
        answer.writeHead(404).end();
      }
    });
    let child;
    server.listen(0, '127.0.0.1', () => {
      const [program, ...flags] = browser(profile, `http://127.0.0.1:${server.address().port}/`);
      const env = { ...process.env, HOME: profile, GDK_BACKEND: 'x11' };
      child = spawn(program, flags, { stdio: 'ignore', detached: true, env });
    });
  });
}

const browsers = {
  Chromium: (profile, url) => ['chromium', '--headless', '--no-sandbox', `--user-data-dir=${profile}`, url],
  Firefox: (profile, url) => ['firefox-esr', '--headless', '--no-remote', '--profile', profile, url],
  WebKitGTK: (_, url) => ['xvfb-run', '--auto-servernum', minibrowser, url],
};
for (const [name, browser] of Object.entries(browsers)) {
  for (const [when, page] of Object.entries(pages)) console.log(`${name}, ${when}: ${await requests(browser, page)}`);
}
END

dpkg-query --show chromium firefox-esr webkit2gtk-driver
timeout 180 node count.mjs /usr/lib/*/webkit2gtk-4.1/MiniBrowser | tee seen
diff - seen <<'END' || { echo 'this has changed'; exit 1; }
Chromium, during the preload: 1
Chromium, after the preload: 1
Chromium, after the preload, no-store: 1
Firefox, during the preload: 1
Firefox, after the preload: 1
Firefox, after the preload, no-store: 1
WebKitGTK, during the preload: 2
WebKitGTK, after the preload: 1
WebKitGTK, after the preload, no-store: 2
END
