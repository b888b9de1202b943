// Notes: through the page, through the API, and as mock responses.
import { type APIRequestContext, type APIResponse, expect, type Locator, type Page } from '@playwright/test';
import { api, pages } from './contract';
import type { NetworkLog } from './network-log';
import { open } from './users';

/** Opens the page, and waits until the service has answered. */
export async function openNotes(page: Page): Promise<void> {
  await open(page, pages.notes);
  await expect(page.getByRole('status')).toHaveText(/note/i);
}

/** Creates a note, as a user does. */
export async function writeNote(page: Page, title: string, text = ''): Promise<void> {
  await page.getByRole('button', { name: 'New note' }).click();
  await expect(page.getByLabel('Title')).toBeFocused();
  await fillNote(page, title, text);
  await saveNote(page);
  await expect(page.getByRole('status')).toHaveText(`“${title}” is saved.`);
}

export async function fillNote(page: Page, title: string, text: string): Promise<void> {
  await page.getByLabel('Title').fill(title);
  await page.getByLabel('Text').fill(text);
}

export async function saveNote(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save note' }).click();
}

/** Opens the form of a note, and waits for its focus: text typed before would go elsewhere. */
export async function editNote(page: Page, title: string): Promise<void> {
  await noteCards(page, title).getByRole('button', { name: 'Edit' }).click();
  await expect(page.getByLabel('Title')).toBeFocused();
  await expect(page.getByLabel('Title')).toHaveValue(title);
}

/** The cards on the page, or the one with this title. */
export function noteCards(page: Page, title?: string): Locator {
  const all = page.locator('.note-card');
  return title === undefined ? all : all.filter({ has: page.getByRole('heading', { name: title, exact: true }) });
}

/** An API client with the browser's access token, as another window: calls the service from outside the browser. */
export class NotesClient {
  constructor(
    private readonly client: APIRequestContext,
    private readonly networkLog: NetworkLog,
  ) {}

  async write(title: string, text = ''): Promise<string> {
    const answer = await this.send('POST', '', { title, text });
    expect(answer.status()).toBe(201);
    return ((await answer.json()) as { id: string }).id;
  }

  /** Replaces the note unconditionally, without `If-Match`. */
  async overwrite(id: string, title: string, text = ''): Promise<void> {
    expect((await this.send('PUT', `/${id}`, { title, text })).status()).toBe(200);
  }

  async delete(id: string): Promise<void> {
    expect((await this.send('DELETE', `/${id}`)).status()).toBe(204);
  }

  async read(id: string): Promise<{ title: string; text: string }> {
    return (await (await this.send('GET', `/${id}`)).json()) as { title: string; text: string };
  }

  /** The `ETag` of the note: 1 when it was created, and 1 more with each change. */
  async version(id: string): Promise<string | undefined> {
    return (await this.send('GET', `/${id}`)).headers().etag;
  }

  private async send(method: string, rest: string, data?: object): Promise<APIResponse> {
    const headers = { Authorization: `Bearer ${await this.networkLog.accessToken()}` };
    return this.client.fetch(`${api.notes}${rest}`, { method, headers, ...(data ? { data } : {}) });
  }
}

/** The network log of notes and refreshes, without the session poll. */
export function notesTraffic(networkLog: NetworkLog): string[] {
  return networkLog.lines().filter((line) => !line.includes(` ${api.me} `));
}

/** A note as the service answers with it. */
export function mockNote(number: number, title: string, text: string) {
  const at = Math.floor(Date.now() / 1000) - number * 3_600;
  return {
    id: `0198000${number}-0000-7000-8000-00000000000a`,
    title,
    text,
    created_at: at,
    changed_at: at + (number % 2) * 60,
  };
}
