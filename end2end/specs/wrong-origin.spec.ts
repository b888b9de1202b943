// A page opened at another origin of the server than its configured one: under another loopback name it leads to the
// right one; under a name that may be of another site it says where to go.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { open, sendLogin } from '../support/users';

test('a page under another loopback name leads to the same page of the origin', async ({ page, server, user }) => {
  const otherName = server.origin.replace('localhost', '127.0.0.1');
  await open(page, `${otherName}${pages.login}?next=%2Fsessions`);
  await expect(page).toHaveURL(`${server.origin}${pages.login}?next=%2Fsessions`);
  await sendLogin(page, user);
  await expect(page).toHaveURL(server.origin + pages.sessions);
});

test('a login at another address of the server says where to go, and quotes an id that the log has', async ({
  page,
  server,
  user,
  networkLog,
}) => {
  const otherAddress = server.origin.replace('localhost', 'baton.localhost');
  await open(page, `${otherAddress}${pages.login}`);
  await sendLogin(page, user);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(`This page is open at ${otherAddress}, `);
  await expect(alert).toContainText(`Open ${server.origin}${pages.login} instead.`);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.login} 403`]);

  const quoted = /quote ([0-9a-f]+)\./.exec((await alert.textContent()) ?? '')?.[1];
  expect(quoted).toBeDefined();
  const line = () => server.log.split('\n').find((it) => it.includes(`id=${quoted}`)) ?? '';
  await expect.poll(line).toContain('cross_site_refused');

  await page.goto(`${server.origin}${pages.login}`);
  await sendLogin(page, user);
  await expect(page).toHaveURL(server.origin + pages.account);
});
