// A service behind the real gateway: the edge refuses an expired access token, the page refreshes and retries, and
// stops when another device revokes its session.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { withoutBroadcastChannel } from '../support/missing-features';
import { editNote, fillNote, noteCards, notesTraffic, openNotes, saveNote, writeNote } from '../support/notes';
import { logInOnAnotherDevice } from '../support/sessions';
import { waitForTokenExpiry } from '../support/token-expiry';
import { expectAccountOf, expectNotice, logOut, open, sendLogin } from '../support/users';

// Short enough for a test to wait; long enough for a slow machine to revoke a session before the token expires.
test.use({ behindGateway: true, accessTokenSeconds: 10 });

const ended = 'You were logged out from another of your sessions. Log in again to continue.';

test('an expired token does not interrupt writing, and the page stops within 5 s of a revocation on another device', async ({
  account,
  browser,
  request,
  server,
  user,
  networkLog,
}) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await account.getByRole('link', { name: 'Notes' }).click();
  await expect(account.getByText('You have no notes yet.')).toBeVisible();
  await writeNote(account, 'Before', 'with the token that the login has brought');

  await waitForTokenExpiry(networkLog, request, api.notes);
  // The expiry has triggered no refresh, although the page has polled its session.
  expect(networkLog.refreshes()).toEqual([]);
  await open(otherDevice, pages.sessions);
  networkLog.clear();
  const refused = account.waitForResponse((it) => it.url().endsWith(api.notes) && it.status() === 401);
  await writeNote(account, 'After', 'with the token that took its place');
  const calls = [`POST ${api.notes} 401`, `POST ${api.refresh} 200`, `POST ${api.notes} 201`];
  await expect.poll(() => notesTraffic(networkLog)).toEqual(calls);
  // The edge refused: with its own body, and the standard Bearer challenge.
  const edge = await refused;
  expect(edge.headers()['content-type']).toBe('text/plain');
  expect(edge.headers()['www-authenticate']).toMatch(/^Bearer realm=".*", error="invalid_token"$/);
  await expect(noteCards(account)).toHaveCount(2);

  await otherDevice.getByRole('button', { name: 'Log out device' }).click();
  await expect(otherDevice.getByRole('status')).toContainText('was logged out.');
  // No user input from here on.
  await expect(account).toHaveURL('/login?next=%2Fnotes', { timeout: 5_000 });
  await expectNotice(account, ended);
  await expect(account.locator('body')).not.toContainText('Before');
  await otherDevice.context().close();
});

test('nothing that was typed survives a logout that only the server reports', async ({ account, context, user }) => {
  await context.addInitScript(withoutBroadcastChannel);
  const other = await context.newPage();
  await open(other, pages.account);
  await expectAccountOf(other, user);
  // The page learns of the revocation only while its access token is valid.
  await openNotes(account);
  await account.getByRole('button', { name: 'New note' }).click();
  await expect(account.getByLabel('Title')).toBeFocused();
  await fillNote(account, 'Oat milk', 'three bottles');
  await logOut(other);
  await expect(other).toHaveURL(pages.login);
  await account.bringToFront();
  await expect(account).toHaveURL('/login?next=%2Fnotes');
  await sendLogin(account, user);
  await expect(account.getByText('You have no notes yet.')).toBeVisible();
  await expect(account.getByLabel('Title')).toHaveCount(0);
});

test('reading and changing are renewed and repeated, too', async ({ account, request, networkLog }) => {
  await openNotes(account);
  await writeNote(account, 'Milk');
  const [card] = await noteCards(account).evaluateAll((all) => all.map((it) => it.id));
  const one = `${api.notes}/${card?.replace('note-', '')}`;
  const calls = (call: string) => [`${call} 401`, `POST ${api.refresh} 200`, `${call} 200`];

  await waitForTokenExpiry(networkLog, request, api.notes);
  networkLog.clear();
  await editNote(account, 'Milk');
  await expect.poll(() => notesTraffic(networkLog)).toEqual(calls(`GET ${one}`));

  await account.getByLabel('Text').fill('two bottles');
  await waitForTokenExpiry(networkLog, request, api.notes);
  networkLog.clear();
  await saveNote(account);
  await expect.poll(() => notesTraffic(networkLog)).toEqual(calls(`PUT ${one}`));
  await expect(noteCards(account, 'Milk')).toContainText('two bottles');
});
