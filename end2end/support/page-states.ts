// Every page in every state that accessibility and layout are tested in.
import { expect, type Page } from '@playwright/test';
import { api, pages } from './contract';
import { json, mockNextResponse, problem } from './network-faults';
import { mockNote } from './notes';
import { mockEvent, mockSession } from './sessions';
import { callTheApi, expectCallResult, logIn, newUser, open, sendLogin, type User } from './users';

const mockActivity = {
  events: [
    { ...mockEvent('logged_in', 9), current: true },
    mockEvent('replayed', 8),
    { ...mockEvent('session_ended', 7), cause: 'administrator' },
    mockEvent('new_device', 6),
    { ...mockEvent('login_failed', 5), ip: '2001:db8:85a3:8d3:1319:8a2e:370:7348' },
    mockEvent('password_changed', 4),
  ],
  next: mockEvent('registered', 1).id,
};

/** Three sessions of one user. */
async function showSessions(page: Page): Promise<void> {
  const sessions = [mockSession(1), mockSession(2), mockSession(3)];
  await page.route(`**${api.sessions}`, (route) => route.fulfill(json({ sessions })));
  await page.getByRole('link', { name: 'Sessions' }).click();
  await expect(page.locator('.session-card')).toHaveCount(3);
}

const stored = mockNote(1, 'Milk', `two bottles,\n  and a word that is much too long: ${'milk'.repeat(30)}`);

/** The notes service as a mock. The first note was changed on another device after it was read. */
async function showNotes(page: Page, notes: object[]): Promise<void> {
  await page.route(`**${api.notes}`, (route) => route.fulfill(json({ notes, more: notes.length > 0 })));
  await page.route(`**${api.notes}/*`, (route) =>
    route.fulfill(
      route.request().method() === 'GET'
        ? { ...json(stored), headers: { ETag: '"2"' } }
        : problem(412, 'precondition_failed'),
    ),
  );
  await page.getByRole('link', { name: 'Notes' }).click();
  await expect(page.locator('.note-card')).toHaveCount(notes.length);
}

/** Opens the state. `page` is not logged in; `user` has an account. */
type Visit = (page: Page, user: User) => Promise<void>;

export const pageStates: Record<string, Visit> = {
  home: (page) => open(page, pages.home),
  register: (page) => open(page, pages.register),
  'register with errors': async (page) => {
    await open(page, pages.register);
    await page.getByLabel('Password', { exact: true }).fill('too short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.locator('[aria-invalid=true]')).toHaveCount(2);
  },
  'register with a strong password': async (page) => {
    await open(page, pages.register);
    await page.getByLabel('Password', { exact: true }).fill(newUser().password);
    await expect(page.getByRole('meter')).toHaveAttribute('aria-valuetext', 'strong');
  },
  login: (page) => open(page, pages.login),
  'login with an error': async (page) => {
    await open(page, pages.login);
    await sendLogin(page, newUser());
    await expect(page.getByRole('alert')).toBeVisible();
  },
  account: async (page, user) => {
    await logIn(page, user);
    await callTheApi(page);
    await expectCallResult(page, 'Answered in one try.');
  },
  'login that comes too often': async (page, user) => {
    await open(page, pages.login);
    const limited = { ...problem(429, 'rate_limited'), headers: { 'Retry-After': '100' } };
    await mockNextResponse(page, api.login, limited);
    await sendLogin(page, user);
    await expect(page.getByRole('timer')).toBeVisible();
  },
  notes: async (page, user) => {
    await logIn(page, user);
    await showNotes(page, [stored, mockNote(2, 'Bread', '')]);
    await page.getByRole('button', { name: 'Delete' }).first().click();
    await expect(page.getByRole('button', { name: 'Delete for good' })).toBeFocused();
  },
  'notes without any': async (page, user) => {
    await logIn(page, user);
    await showNotes(page, []);
    await expect(page.getByText('You have no notes yet.')).toBeVisible();
  },
  'notes that cannot be fetched': async (page, user) => {
    await logIn(page, user);
    await page.getByRole('link', { name: 'Notes' }).click();
    await expect(page.getByRole('alert')).toContainText('Your notes could not be fetched.');
  },
  'a note that was changed elsewhere': async (page, user) => {
    await logIn(page, user);
    await showNotes(page, [stored]);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Title').fill('Oat milk');
    await page.getByRole('button', { name: 'Save note' }).click();
    await expect(page.getByRole('alert')).toContainText('changed elsewhere since you opened it');
  },
  sessions: async (page, user) => {
    await logIn(page, user);
    await showSessions(page);
  },
  'sessions that cannot be fetched': async (page, user) => {
    await logIn(page, user);
    await page.route(`**${api.sessions}`, (route) => route.abort());
    await page.getByRole('link', { name: 'Sessions' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
  },
  'the password again': async (page, user) => {
    await logIn(page, user);
    await showSessions(page);
    const challenge = problem(401, 'insufficient_user_authentication');
    await page.route(`**${api.sessions}`, (route) => route.fulfill(challenge));
    await page.getByRole('button', { name: 'Log out of all other devices' }).click();
    await page.getByRole('dialog').getByLabel('Password', { exact: true }).fill('not the one');
    await page.getByRole('dialog').getByRole('button', { name: 'Continue' }).click();
    await expect(page.locator('[aria-invalid=true]')).toBeFocused();
  },
  'a session that waits for the password': async (page, user) => {
    await logIn(page, user);
    const challenge = problem(401, 'insufficient_user_authentication');
    await page.route(`**${api.refresh}`, (route) => route.fulfill(challenge));
    await page.reload();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('button', { name: 'Enter password' })).toBeVisible();
  },
  activity: async (page, user) => {
    await logIn(page, user);
    await page.route(`**${api.events}?*`, (route) => route.fulfill(json(mockActivity)));
    await page.getByRole('link', { name: 'Activity' }).click();
    await expect(page.locator('.event')).toHaveCount(mockActivity.events.length);
  },
  'activity without any': async (page, user) => {
    await logIn(page, user);
    await page.route(`**${api.events}?*`, (route) => route.fulfill(json({ events: [], next: null })));
    await page.getByRole('link', { name: 'Activity' }).click();
    await expect(page.getByText('There is no activity on record.')).toBeVisible();
  },
  settings: async (page, user) => {
    await logIn(page, user);
    await page.getByRole('link', { name: 'Settings' }).click();
    await expect(page.getByRole('button', { name: 'Delete my account' })).toBeVisible();
  },
  'settings with errors': async (page, user) => {
    await logIn(page, user);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('New password').fill('too short');
    await page.getByRole('button', { name: 'Change password' }).click();
    // The error moves the focus, and the page: a button pressed at that moment is missed.
    await expect(page.locator('[aria-invalid=true]')).toHaveCount(1);
    await page.getByRole('button', { name: 'Delete my account' }).click();
    await expect(page.locator('[aria-invalid=true]')).toHaveCount(2);
  },
  'a login elsewhere': async (page, user) => {
    await logIn(page, user);
    const body = { events: [mockEvent('new_device', 2), mockEvent('new_network', 1)], next: null };
    await page.route(`**${api.events}?*`, (route) => route.fulfill(json(body)));
    await page.reload();
    await expect(page.getByRole('button', { name: 'Dismiss' })).toBeVisible();
  },
  'account while it cannot be restored': async (page, user) => {
    await logIn(page, user);
    await page.route('**/api/**', (route) => route.abort());
    await page.reload();
    await expect(page.locator('.notices button')).toBeVisible();
  },
  'logged out': async (page, user) => {
    await logIn(page, user);
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await expect(page.locator('.notices')).toContainText('You are logged out.');
  },
  'session ended': async (page, user) => {
    await logIn(page, user);
    await page.context().clearCookies({ name: '__Host-Http-refresh' });
    await page.reload();
    await expect(page.locator('.notices')).toContainText('Your session is over:');
  },
  'not found': (page) => open(page, pages.notFound),
  'request too large': async (page) => {
    await page.setExtraHTTPHeaders({ 'X-Added': 'y'.repeat(20_000) });
    await page.goto(pages.login);
    await page.setExtraHTTPHeaders({});
  },
  'address too long': async (page) => {
    await page.goto(`${pages.login}?next=/${'y'.repeat(20_000)}`);
  },
};

/** The console errors that belong to a state. */
export const expectedConsoleErrors: Record<string, RegExp> = {
  'not found': /status of 404/,
  'request too large': /status of 431/,
  'address too long': /status of 414/,
};
