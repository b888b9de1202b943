// The notes page in a changed document: foreign nodes before its scripts start, icons beside its fields, and a
// translator that replaces every text with its own elements.
import type { Page } from '@playwright/test';
import { openBeforeHydration } from '../support/before-hydration';
import { pages } from '../support/contract';
import { addPasswordManagerIcons, domMutations, translatePage } from '../support/dom-mutations';
import { expect, test } from '../support/fixtures';
import { editNote, fillNote, NotesClient, noteCards, openNotes, saveNote, writeNote } from '../support/notes';

test.use({ behindGateway: true });

const said = (page: Page) => page.getByRole('status');

async function deleteNote(page: Page, title: string): Promise<void> {
  await noteCards(page, title).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await expect(said(page)).toHaveText(`“${title}” was deleted.`);
  await expect(noteCards(page, title)).toHaveCount(0);
}

/** Sends each form of the page, and deletes its note. */
async function sendTheForms(page: Page): Promise<void> {
  await expect(said(page)).toHaveText('You have no notes yet.');
  await writeNote(page, 'Milk', 'two bottles');
  await expect(noteCards(page, 'Milk')).toContainText('two bottles');
  await editNote(page, 'Milk');
  await fillNote(page, ' ', 'three bottles');
  await saveNote(page);
  await expect(page.getByText('Give the note a title.')).toBeVisible();
  await fillNote(page, 'Oat milk', 'three bottles');
  await saveNote(page);
  await expect(said(page)).toHaveText('“Oat milk” is saved.');
  await expect(page.locator('.note-title')).toHaveText(['Oat milk']);
  await expect(page.locator('.note-text')).toHaveText(['three bottles']);
  await deleteNote(page, 'Oat milk');
}

test('notes are written, changed and deleted on a page that starts with foreign nodes', async ({ account }) => {
  test.slow();
  for (const [name, change] of Object.entries(domMutations)) {
    await test.step(name, async () => {
      await openBeforeHydration(account, pages.notes, () => account.evaluate(change));
      await sendTheForms(account);
    });
  }
});

test('note forms work although a password manager decorates each of them as it appears', async ({ account }) => {
  await openNotes(account);
  await account.evaluate(addPasswordManagerIcons);
  await sendTheForms(account);
});

test('a translated list of notes shows what was written, changed and deleted', async ({ account }) => {
  await openNotes(account);
  await account.evaluate(translatePage);
  await sendTheForms(account);
  await expect(account.getByText('You have no notes yet.')).toBeVisible();
  await writeNote(account, 'Bread');
  await expect(account.getByText('You have no notes yet.')).toHaveCount(0);
  await expect(account.locator('.note-title')).toHaveText(['Bread']);
});

test('a translated form says that its note was changed elsewhere', async ({ account, request, networkLog }) => {
  const other = new NotesClient(request, networkLog);
  const id = await other.write('Milk', 'two bottles');
  await openNotes(account);
  await account.evaluate(translatePage);
  await editNote(account, 'Milk');
  await fillNote(account, 'Milk', 'mine');
  await other.overwrite(id, 'Milk', 'theirs');
  await saveNote(account);
  await expect(account.getByRole('alert')).toContainText('changed elsewhere since you opened it');
  await expect(account.locator('.note-text')).toHaveText(['theirs']);
  await account.getByRole('button', { name: 'Cancel' }).click();
  await editNote(account, 'Milk');
  await expect(account.getByRole('alert')).toHaveCount(0);
  await fillNote(account, 'Milk', 'mine');
  await saveNote(account);
  await expect(said(account)).toHaveText('“Milk” is saved.');
  await expect(account.locator('.note-text')).toHaveText(['mine']);
});
