// Notes in a service behind the gateway: create, edit, delete; a version that is stale, the quota, and outages.
import { api } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { holdRequests, TRIES_PER_ACTION } from '../support/network-faults';
import { sharedKey } from '../support/network-log';
import {
  editNote,
  fillNote,
  NotesClient,
  noteCards,
  notesTraffic,
  openNotes,
  saveNote,
  writeNote,
} from '../support/notes';
import { logInOnAnotherDevice } from '../support/sessions';
import { expectNotice, open } from '../support/users';

test.use({ behindGateway: true });

test('a note is written, changed and deleted', async ({ account }) => {
  await account.getByRole('link', { name: 'Notes' }).click();
  await expect(account).toHaveTitle('Your notes · Baton');
  await expect(account.getByRole('status')).toHaveText('You have no notes yet.');
  // The sentence is shown once only.
  await expect(account.getByText('You have no notes yet.')).toHaveCount(1);

  await account.getByRole('button', { name: 'New note' }).click();
  await expect(account.getByLabel('Title')).toBeFocused();
  await fillNote(account, 'Milk', 'two\n  bottles');
  await saveNote(account);
  await expect(account.getByRole('status')).toHaveText('“Milk” is saved.');
  await expect(account.getByRole('button', { name: 'New note' })).toBeFocused();
  expect(await noteCards(account, 'Milk').locator('.note-text').innerText()).toBe('two\n  bottles');
  await writeNote(account, 'Bread');
  await expect(account.getByRole('heading', { level: 2 })).toHaveText(['Bread', 'Milk']);
  // Cards without text have the same layout.
  const buttons = noteCards(account).getByRole('button', { name: 'Edit' });
  const heights = await buttons.evaluateAll((all) => all.map((it) => it.clientHeight));
  expect(heights[0]).toBe(heights[1]);

  await editNote(account, 'Milk');
  await expect(account.getByLabel('Text')).toHaveValue('two\n  bottles');
  // While a form is open, no other note can be changed.
  await expect(noteCards(account).getByRole('button')).toHaveCount(0);
  const replaced = account.waitForRequest((it) => it.method() === 'PUT');
  await fillNote(account, 'Oat milk', 'three bottles');
  await saveNote(account);
  await expect(account.getByRole('status')).toHaveText('“Oat milk” is saved.');
  expect((await replaced).headers()['if-match']).toBe('"1"');
  await expect(account.getByRole('heading', { level: 2 })).toHaveText(['Bread', 'Oat milk']);
  await expect(noteCards(account, 'Oat milk').getByRole('button', { name: 'Edit' })).toBeFocused();

  await noteCards(account, 'Bread').getByRole('button', { name: 'Delete' }).click();
  await expect(account.getByRole('button', { name: 'Delete for good' })).toBeFocused();
  await account.getByRole('button', { name: 'Keep it' }).click();
  await expect(noteCards(account, 'Bread').getByRole('button', { name: 'Delete' })).toBeFocused();
  await account.keyboard.press('Enter');
  await expect(account.getByRole('button', { name: 'Delete for good' })).toBeFocused();
  await account.keyboard.press('Enter');
  await expect(account.getByRole('status')).toHaveText('“Bread” was deleted.');
  await expect(account.getByRole('heading', { level: 1 })).toBeFocused();
  await account.reload();
  await expect(account.getByRole('heading', { level: 2 })).toHaveText(['Oat milk']);
});

test('older notes come page by page', async ({ account, request, networkLog }) => {
  const other = new NotesClient(request, networkLog);
  for (let number = 1; number <= 52; number += 1) await other.write(`Number ${number}`);
  await openNotes(account);
  await expect(account.getByRole('status')).toHaveText('50 notes, and there are more');
  await expect(noteCards(account)).toHaveCount(50);
  await account.getByRole('button', { name: 'Show older' }).click();
  await expect(account.getByRole('status')).toHaveText('2 notes older.');
  await expect(account.getByRole('status')).toBeFocused();
  const titles = await account.getByRole('heading', { level: 2 }).allTextContents();
  expect(titles).toEqual(Array.from({ length: 52 }, (_, index) => `Number ${52 - index}`));
  await expect(account.getByRole('button', { name: 'Show older' })).toHaveCount(0);
});

test('what is wrong with a note is said beside its field', async ({ account }) => {
  await openNotes(account);
  await account.getByRole('button', { name: 'New note' }).click();
  await expect(account.getByLabel('Title')).toBeFocused();
  await fillNote(account, '  ', 'x'.repeat(20_001));
  await saveNote(account);
  await expect(account.getByText('Give the note a title.')).toBeVisible();
  await expect(account.getByText('A note has at most 20000 characters.')).toBeVisible();
  await expect(account.getByLabel('Title')).toBeFocused();
  await expect(account.getByLabel('Title')).toHaveAccessibleDescription('Give the note a title.');
  await fillNote(account, 'Short', 'x');
  await saveNote(account);
  await expect(noteCards(account, 'Short')).toBeVisible();
});

test('limits count characters, not code units or bytes', async ({ account }) => {
  await openNotes(account);
  // Two UTF-16 code units and four bytes each.
  const emoji = (count: number) => '\u{1F600}'.repeat(count);
  await writeNote(account, emoji(200), emoji(20_000));
  await expect(noteCards(account, emoji(200))).toContainText(emoji(20_000));
});

test('a user at the quota reads the reason, and loses no text', async ({ account }) => {
  await openNotes(account);
  const title = 'Your notes are full.';
  const detail = 'You can keep 1,000 notes, with 10 MB of text in all. Delete or shorten some to make room.';
  await account.route(
    `**${api.notes}`,
    (route) =>
      route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'urn:baton:problem:quota_exceeded',
          code: 'quota_exceeded',
          status: 409,
          title,
          detail,
          request_id: '0123456789abcdef',
        }),
      }),
    { times: 1 },
  );
  await account.getByRole('button', { name: 'New note' }).click();
  await expect(account.getByLabel('Title')).toBeFocused();
  await fillNote(account, 'Milk', 'two bottles');
  await saveNote(account);
  await expect(account.getByRole('alert')).toHaveText(`${title} ${detail}`);
  await expect(account.getByLabel('Text')).toHaveValue('two bottles');
  // With room again it is saved as it was typed.
  await saveNote(account);
  await expect(noteCards(account, 'Milk')).toContainText('two bottles');
});

test('markup in a note is text', async ({ account }) => {
  const title = '<b>Bold</b> & <script>window.name="taken"</script>';
  const text = '<img src=x onerror="window.name=1"> </p></li><a href="javascript:window.name=2">here</a> {{7*7}}';
  await openNotes(account);
  await writeNote(account, title, text);
  await account.reload();
  const card = noteCards(account);
  await expect(card.locator('.note-title')).toHaveText(title);
  await expect(card.locator('.note-text')).toHaveText(text);
  await expect(card.locator('b, script, img, a')).toHaveCount(0);
  await card.getByRole('button', { name: 'Edit' }).click();
  await expect(account.getByLabel('Text')).toHaveValue(text);
  expect(await account.evaluate(() => window.name)).toBe('');
});

test('a note that was changed elsewhere is not overwritten, and is opened again', async ({
  account,
  request,
  networkLog,
}) => {
  const other = new NotesClient(request, networkLog);
  const id = await other.write('Milk', 'two bottles');
  await openNotes(account);
  await editNote(account, 'Milk');
  await fillNote(account, 'Milk', 'mine: three');
  await other.overwrite(id, 'Milk', 'theirs: four');
  // However often it is saved.
  for (let save = 0; save < 2; save += 1) {
    await saveNote(account);
    await expect(account.getByRole('alert')).toContainText('changed elsewhere since you opened it');
    await expect(account.getByLabel('Text')).toHaveValue('mine: three');
    await expect(noteCards(account, 'Milk')).toContainText('theirs: four');
  }
  const changes = () => networkLog.to(`${api.notes}/${id}`).filter((it) => it.method === 'PUT');
  await expect.poll(() => changes().map((it) => it.outcome)).toEqual([412, 412]);
  expect(await other.read(id)).toMatchObject({ text: 'theirs: four' });

  await account.getByRole('button', { name: 'Cancel' }).click();
  await expect(noteCards(account, 'Milk').getByRole('button', { name: 'Edit' })).toBeFocused();
  await editNote(account, 'Milk');
  await expect(account.getByRole('alert')).toHaveCount(0);
  await expect(account.getByLabel('Text')).toHaveValue('theirs: four');
  await fillNote(account, 'Milk', 'mine: five');
  await saveNote(account);
  await expect(account.getByRole('status')).toHaveText('“Milk” is saved.');
  expect(await other.read(id)).toMatchObject({ text: 'mine: five' });
});

test('a note that is being saved cannot be edited, so that all visible text is saved', async ({ account }) => {
  await openNotes(account);
  const gate = await holdRequests(account, api.notes);
  await account.getByRole('button', { name: 'New note' }).click();
  await expect(account.getByLabel('Title')).toBeFocused();
  await fillNote(account, 'Milk', 'two bottles');
  await saveNote(account);
  await expect.poll(() => gate.arrived).toBe(1);
  await account.getByLabel('Text').press('End');
  await account.keyboard.type(' of oat milk');
  await expect(account.getByLabel('Text')).toHaveValue('two bottles');
  gate.open();
  await expect(account.getByRole('status')).toHaveText('“Milk” is saved.');
  await expect(noteCards(account, 'Milk')).toContainText('two bottles');
});

test('a list that was asked for before a note was saved does not hide it', async ({ account, request, networkLog }) => {
  const other = new NotesClient(request, networkLog);
  const id = await other.write('Bread');
  await openNotes(account);
  await other.delete(id);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await account.route(
    `**${api.notes}`,
    async (route) => {
      const before = await route.fetch();
      await released;
      await route.fulfill({ response: before });
    },
    { times: 1 },
  );
  // The deletion is refused, because the note is gone: the page asks for the list.
  const asked = account.waitForRequest((it) => it.url().endsWith(api.notes));
  await account.getByRole('button', { name: 'Delete' }).click();
  await account.getByRole('button', { name: 'Delete for good' }).click();
  await asked;
  await writeNote(account, 'Milk', 'two bottles');
  release();
  await expect(noteCards(account, 'Milk')).toContainText('two bottles');
  await expect(account.getByRole('status')).toHaveText('“Milk” is saved.');
});

test('a note that is changed in the second in which it was written shows its new words', async ({ account }) => {
  await openNotes(account);
  await writeNote(account, 'Milk', 'two bottles');
  await account.route(`**${api.notes}/*`, async (route) => {
    const answer = await route.fetch();
    if (route.request().method() !== 'PUT') return route.fulfill({ response: answer });
    const changed = (await answer.json()) as { created_at: number };
    return route.fulfill({ response: answer, json: { ...changed, changed_at: changed.created_at } });
  });
  await editNote(account, 'Milk');
  await fillNote(account, 'Oat milk', 'three bottles');
  await saveNote(account);
  await expect(account.getByRole('status')).toHaveText('“Oat milk” is saved.');
  await expect(account.getByRole('heading', { level: 2 })).toHaveText(['Oat milk']);
  await expect(noteCards(account, 'Oat milk')).toContainText('three bottles');
});

test('a note that is gone is not saved, and what was typed can be copied', async ({ account, request, networkLog }) => {
  const other = new NotesClient(request, networkLog);
  const id = await other.write('Milk', 'two bottles');
  await openNotes(account);
  await editNote(account, 'Milk');
  await fillNote(account, 'Milk', 'three bottles');
  await other.delete(id);
  await saveNote(account);
  await expect(account.getByRole('alert')).toContainText('deleted elsewhere');
  await expect(noteCards(account)).toHaveCount(0);
  await expect(account.getByLabel('Text')).toHaveValue('three bottles');
  await account.getByRole('button', { name: 'Cancel' }).click();
  await expect(account.getByRole('button', { name: 'New note' })).toBeFocused();
  await expect(account.getByText('You have no notes yet.')).toBeVisible();
});

test('a note that was deleted on another device leaves the list', async ({ account, request, networkLog }) => {
  const other = new NotesClient(request, networkLog);
  const id = await other.write('Milk');
  await openNotes(account);
  await account.getByRole('button', { name: 'Delete' }).click();
  await other.delete(id);
  await account.getByRole('button', { name: 'Delete for good' }).click();
  await expect(account.getByText('You have no notes yet.')).toBeVisible();
});

for (const [what, times] of [
  ['was lost', 1],
  ['was lost for longer than the page asks', TRIES_PER_ACTION],
] as const) {
  test(`a change whose answer ${what} is recognised as the user's own`, async ({ account, request, networkLog }) => {
    const other = new NotesClient(request, networkLog);
    const id = await other.write('Milk', 'two bottles');
    await openNotes(account);
    await editNote(account, 'Milk');
    await fillNote(account, 'Milk', 'three bottles');
    // As if the service had stored the change and forgotten its idempotency key: a retry is refused, because of the
    // version.
    let stored: Promise<void> | undefined;
    await account.route(
      `**${api.notes}/${id}`,
      async (route) => {
        stored ??= other.overwrite(id, 'Milk', 'three bottles');
        await stored;
        await route.abort('connectionreset');
      },
      { times },
    );
    await saveNote(account);
    if (times === TRIES_PER_ACTION) {
      await expect(account.getByRole('alert')).toContainText(
        'The server cannot be reached. It is not known whether this was done.',
      );
      await saveNote(account);
    }
    await expect(account.getByRole('status')).toHaveText('“Milk” is saved.');
    await expect(account.getByRole('alert')).toHaveCount(0);
    await expect(noteCards(account, 'Milk')).toContainText('three bottles');
    const changes = () => networkLog.to(`${api.notes}/${id}`).filter((it) => it.method === 'PUT');
    const lost = Array.from({ length: times }, () => 'lost');
    await expect.poll(() => changes().map((it) => it.outcome)).toEqual([...lost, 412]);
    expect(sharedKey(changes())).toMatch(/^[0-9a-f]{32}$/);
  });
}

test('a change whose answer was lost is asked for again by the page, and made once', async ({
  account,
  request,
  networkLog,
}) => {
  const other = new NotesClient(request, networkLog);
  const id = await other.write('Milk', 'two bottles');
  await openNotes(account);
  await editNote(account, 'Milk');
  await fillNote(account, 'Milk', 'three bottles');
  await account.route(
    `**${api.notes}/${id}`,
    async (route) => {
      expect((await route.fetch()).status()).toBe(200);
      await route.abort('connectionreset');
    },
    { times: 1 },
  );
  await saveNote(account);
  await expect(account.getByRole('status')).toHaveText('“Milk” is saved.');
  await expect(noteCards(account, 'Milk')).toContainText('three bottles');
  const changes = () => networkLog.to(`${api.notes}/${id}`).filter((it) => it.method === 'PUT');
  await expect.poll(() => changes().map((it) => it.outcome)).toEqual(['lost', 200]);
  expect(sharedKey(changes())).toMatch(/^[0-9a-f]{32}$/);
  expect(await other.version(id)).toBe('"2"');
});

test('while the service is down no text is lost, and no save is reported', async ({ account, gateway, networkLog }) => {
  await openNotes(account);
  await writeNote(account, 'Milk');
  await account.getByRole('button', { name: 'New note' }).click();
  await expect(account.getByLabel('Title')).toBeFocused();
  await fillNote(account, 'Bread', 'rye');
  networkLog.clear();
  await gateway.notes.stop();
  await saveNote(account);
  await expect(account.getByRole('alert')).toContainText('The server is not available');
  await expect(account.getByRole('alert')).toContainText('It is not known whether this was done.');
  await expect(account.getByLabel('Text')).toHaveValue('rye');
  await expect(noteCards(account)).toHaveCount(1);
  await gateway.notes.start();
  await saveNote(account);
  await expect(account.getByRole('heading', { level: 2, name: 'Bread' })).toBeVisible();
  const saves = () => networkLog.to(api.notes).filter((it) => it.method === 'POST');
  const failed = Array.from({ length: TRIES_PER_ACTION }, () => 503);
  await expect.poll(() => saves().map((it) => it.outcome)).toEqual([...failed, 201]);
  expect(sharedKey(saves())).toMatch(/^[0-9a-f]{32}$/);
});

test('a list that cannot be fetched is fetched again by its button', async ({ account, gateway }) => {
  await openNotes(account);
  await writeNote(account, 'Milk');
  await account.getByRole('link', { name: 'Overview' }).click();
  await gateway.notes.stop();
  await account.getByRole('link', { name: 'Notes' }).click();
  await expect(account.getByText('Your notes could not be fetched. The server is not available')).toBeVisible();
  await gateway.notes.start();
  await account.getByRole('button', { name: 'Try again' }).click();
  await expect(noteCards(account)).toHaveCount(1);
});

test('a gateway that does not know the newest key yet revokes no session', async ({ account, networkLog }) => {
  networkLog.clear();
  const challenge = 'Bearer realm="http://localhost/api/notes", error="invalid_token"';
  await account.route(
    `**${api.notes}`,
    (route) =>
      route.fulfill({
        status: 401,
        contentType: 'text/plain',
        headers: { 'WWW-Authenticate': challenge },
        body: "Jwks doesn't have key to match kid or alg from Jwt",
      }),
    { times: 2 },
  );
  await account.getByRole('link', { name: 'Notes' }).click();
  await expect(account.getByText('Your login is not accepted here, though it was just renewed.')).toBeVisible();
  // One refresh and one retry, not more.
  expect(notesTraffic(networkLog)).toEqual([`GET ${api.notes} 401`, `POST ${api.refresh} 200`, `GET ${api.notes} 401`]);
  await account.getByRole('button', { name: 'Try again' }).click();
  await expect(account.getByRole('status')).toHaveText('You have no notes yet.');
});

test('a page polls its session only while it is visible', async ({ account, request, networkLog }) => {
  const id = await new NotesClient(request, networkLog).write('Milk');
  await account.clock.install();
  await openNotes(account);
  networkLog.clear();
  await account.clock.runFor(10_000);
  await expect.poll(() => networkLog.to(api.me).length).toBeGreaterThanOrEqual(1);
  await account.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true }));
  const asked = networkLog.to(api.me).length;
  await account.clock.runFor(60_000);
  // Calls of the timers would have been sent before this one.
  await noteCards(account, 'Milk').getByRole('button', { name: 'Edit' }).click();
  await expect.poll(() => notesTraffic(networkLog)).toEqual([`GET ${api.notes}/${id} 200`]);
  expect(networkLog.to(api.me)).toHaveLength(asked);
});

test('a hidden page is refused by the service within 5 s of a revocation on another device', async ({
  account,
  browser,
  context,
  request,
  server,
  user,
  networkLog,
}) => {
  const otherDevice = await logInOnAnotherDevice(browser, server.origin, user);
  await open(otherDevice, '/sessions');
  await context.addInitScript(() => Object.defineProperty(Document.prototype, 'hidden', { get: () => true }));
  const id = await new NotesClient(request, networkLog).write('Milk');
  await openNotes(account);
  networkLog.clear();
  await otherDevice.getByRole('button', { name: 'Log out device' }).click();
  await expect(otherDevice.getByRole('status')).toContainText('was logged out.');
  const headers = { Authorization: `Bearer ${await networkLog.accessToken()}` };
  const status = async () => (await request.get(api.notes, { headers })).status();
  await expect.poll(status, { timeout: 5_000, intervals: [100] }).toBe(401);
  await noteCards(account, 'Milk').getByRole('button', { name: 'Edit' }).click();
  await expect(account).toHaveURL('/login?next=%2Fnotes');
  await expectNotice(account, 'You were logged out from another of your sessions. Log in again to continue.');
  // The service has refused; it cannot know why the session was revoked, so the page asked Baton, once.
  expect(notesTraffic(networkLog).slice(-2)).toEqual([`GET ${api.notes}/${id} 401`, `POST ${api.refresh} 401`]);
  expect(networkLog.to(api.me)).toHaveLength(1);
  await otherDevice.context().close();
});
