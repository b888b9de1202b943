// Baton with a service in its audiences that no gateway leads to.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { json, mockNextResponse } from '../support/network-faults';
import { mockNote } from '../support/notes';
import { open } from '../support/users';

test.use({ withNotes: true });

test('a service that cannot be reached is an error, and signs no user out', async ({ account, networkLog }) => {
  await account.getByRole('link', { name: 'Notes' }).click();
  await expect(account.getByRole('alert')).toContainText('Your notes could not be fetched.');
  expect(networkLog.to(api.notes).map((it) => it.outcome)).toEqual([404]);
  await account.getByRole('link', { name: 'Overview' }).click();
  await expect(account.getByRole('heading', { name: 'Your account' })).toBeVisible();
});

test('once the service is there the page works', async ({ account }) => {
  await open(account, pages.notes);
  await expect(account.getByRole('alert')).toContainText('Your notes could not be fetched.');
  await mockNextResponse(account, api.notes, json({ notes: [mockNote(1, 'Milk', '')], more: false }));
  await account.getByRole('button', { name: 'Try again' }).click();
  await expect(account.getByRole('heading', { level: 2 })).toHaveText(['Milk']);
  await expect(account.getByRole('button', { name: 'New note' })).toBeVisible();
});

test('a service that goes down while the user writes loses no text', async ({ account }) => {
  await mockNextResponse(account, api.notes, json({ notes: [], more: false }));
  await open(account, pages.notes);
  await account.getByRole('button', { name: 'New note' }).click();
  await account.getByLabel('Title').fill('Milk');
  await account.getByRole('button', { name: 'Save note' }).click();
  await expect(account.getByRole('alert')).toBeVisible();
  await expect(account.getByLabel('Title')).toHaveValue('Milk');
});
