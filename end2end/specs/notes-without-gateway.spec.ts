// Baton without the gateway: the page says where notes live.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { json, mockNextResponse } from '../support/network-faults';
import { mockNote } from '../support/notes';
import { open } from '../support/users';

test('without the gateway the page says where notes live, and how to start it', async ({ account, networkLog }) => {
  await account.getByRole('link', { name: 'Notes' }).click();
  const said = account.getByRole('alert');
  await expect(said).toContainText('Notes live in a service of their own');
  await expect(said).toContainText('cargo xtask run --with-gateway');
  await expect(account.getByRole('button', { name: 'New note' })).toHaveCount(0);
  expect(networkLog.to(api.notes).map((it) => it.outcome)).toEqual([404]);
  // The 404 signed no user out.
  await account.getByRole('link', { name: 'Overview' }).click();
  await expect(account.getByRole('heading', { name: 'Your account' })).toBeVisible();
});

test('once the gateway is there the page works', async ({ account }) => {
  await open(account, pages.notes);
  await expect(account.getByRole('alert')).toContainText('Notes live in a service of their own');
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
  await expect(account.getByText('Nothing you typed is lost.')).toBeVisible();
  await expect(account.getByText('Notes live in a service of their own')).toBeVisible();
  await expect(account.getByLabel('Title')).toHaveValue('Milk');
});
