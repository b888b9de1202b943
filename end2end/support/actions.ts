// State-changing actions: each brings the page to where its button can be clicked, also after a click that failed.
import { randomUUID } from 'node:crypto';
import { expect, type Locator, type Page } from '@playwright/test';
import type { Click } from './clicks';
import { api, pages } from './contract';
import type { FaultProxy } from './fault-proxy';
import { problem } from './network-faults';
import { fillNote, noteCards, openNotes } from './notes';
import type { Observer } from './observer';
import { openSettings, passwordChanged } from './settings';
import { logIn as logInOnPage, newUser, open } from './users';

export interface Scenario {
  readonly page: Page;
  readonly proxy: FaultProxy;
  /** Counts the effects on its user, who clicks. */
  readonly observer: Observer;
}

/** Prepares one click. */
export type Action = (scenario: Scenario) => Promise<Click>;

const accountPage = (page: Page) => page.getByRole('heading', { name: 'Your account', level: 1, exact: true });
const logOutButton = (page: Page) => page.getByRole('button', { name: 'Log out', exact: true });
const notice = (page: Page, text: string) => page.locator('.notices').getByText(text);
const nameField = (page: Page) => page.getByRole('textbox', { name: 'Name (optional)' });
const nameButton = (page: Page) => page.getByRole('button', { name: 'Change name' });
const nameChanged = (page: Page) => page.getByText('Your name is changed.');

export const createAccount: Action = async ({ page, observer }) => {
  await ensureSignedOut(page);
  await open(page, pages.register);
  await page.getByLabel('Email').fill(observer.user.email);
  await nameField(page).fill(observer.user.name);
  await page.getByLabel('Password', { exact: true }).fill(observer.user.password);
  return {
    kind: 'create account',
    call: { method: 'POST', path: api.register },
    button: page.getByRole('button', { name: 'Create account' }),
    done: accountPage(page),
    // An email address has one account. Each account begins with a session.
    count: () => observer.sessions(),
  };
};

export const deleteAccount: Action = async ({ page, observer }) => {
  await ensureSignedIn(page, observer);
  await openSettings(page);
  await page.getByLabel('I understand that this cannot be undone.').check();
  return {
    kind: 'delete account',
    call: { method: 'DELETE', path: api.me },
    button: page.getByRole('button', { name: 'Delete my account' }),
    done: notice(page, 'Your account was deleted, and all that was stored with it.'),
    count: async () => ((await observer.logIn()) ? 0 : 1),
  };
};

export const logIn: Action = async ({ page, observer }) => {
  await ensureSignedOut(page);
  await open(page, pages.login);
  await page.getByLabel('Email').fill(observer.user.email);
  await page.getByLabel('Password', { exact: true }).fill(observer.user.password);
  return {
    kind: 'log in',
    call: { method: 'POST', path: api.login },
    button: page.getByRole('main').getByRole('button', { name: 'Log in' }),
    done: accountPage(page),
    count: () => observer.events('logged_in'),
  };
};

export const logOut: Action = async ({ page, observer }) => {
  await ensureSignedIn(page, observer);
  return {
    kind: 'log out',
    call: { method: 'POST', path: api.logout },
    button: logOutButton(page),
    done: notice(page, 'You are logged out.'),
    count: () => observer.events('logged_out'),
  };
};

export const changeName: Action = async ({ page, observer }) => {
  await ensureSignedIn(page, observer);
  await openSettings(page);
  await nameField(page).fill(randomUUID());
  return {
    kind: 'change name',
    call: { method: 'PUT', path: api.name },
    button: nameButton(page),
    done: nameChanged(page),
    count: () => observer.events('name_changed'),
  };
};

/** A step-up for a change of the name, whose first response is the challenge. */
export const confirm: Action = async ({ page, observer, proxy }) => {
  await ensureSignedIn(page, observer);
  await openSettings(page);
  const challenge = problem(401, 'insufficient_user_authentication');
  proxy.mockNextResponse({ method: 'PUT', path: api.name }, challenge);
  await nameField(page).fill(randomUUID());
  await nameButton(page).click();
  const dialog = page.getByRole('dialog', { name: 'Enter your password' });
  await dialog.getByLabel('Password', { exact: true }).fill(observer.user.password);
  return {
    kind: 'confirm',
    call: { method: 'POST', path: api.confirm },
    button: dialog.getByRole('button', { name: 'Continue' }),
    done: nameChanged(page),
    count: () => observer.events('confirmed'),
  };
};

export const changePassword: Action = async ({ page, observer }) => {
  await ensureSignedIn(page, observer);
  await openSettings(page);
  const next = newUser().password;
  await page.getByLabel('Current password').fill(observer.user.password);
  await page.getByLabel('New password').fill(next);
  observer.expectPassword(next);
  return {
    kind: 'change password',
    call: { method: 'PUT', path: api.password },
    button: page.getByRole('button', { name: 'Change password' }),
    done: page.getByText(passwordChanged),
    count: () => observer.events('password_changed'),
  };
};

export const revokeSession: Action = async ({ page, observer }) => {
  await ensureSignedIn(page, observer);
  await observer.logIn();
  await open(page, pages.sessions);
  return {
    kind: 'end one session',
    call: { method: 'DELETE', path: `${api.sessions}/*` },
    button: page.getByRole('button', { name: 'Log out device' }).first(),
    done: page.getByText(/^.* was logged out\.$/),
    count: () => observer.events('session_ended'),
  };
};

export const revokeOtherSessions: Action = async ({ page, observer }) => {
  await ensureSignedIn(page, observer);
  await observer.logIn();
  await open(page, pages.sessions);
  return {
    kind: 'end all other sessions',
    call: { method: 'DELETE', path: api.sessions },
    button: page.getByRole('button', { name: 'Log out of all other devices' }),
    done: page.getByText('All other devices were logged out.'),
    count: () => observer.events('others_ended'),
  };
};

const saveButton = (page: Page) => page.getByRole('button', { name: 'Save note' });

export const createNote: Action = async ({ page, observer }) => {
  await ensureSignedIn(page, observer);
  await openNotes(page);
  const title = randomUUID();
  await page.getByRole('button', { name: 'New note' }).click();
  await expect(page.getByLabel('Title')).toBeFocused();
  await fillNote(page, title, 'two bottles');
  return {
    kind: 'create note',
    call: { method: 'POST', path: api.notes },
    button: saveButton(page),
    done: page.getByText(`“${title}” is saved.`),
    count: () => observer.notes(),
  };
};

/** Of the newest note. */
export const changeNote: Action = async ({ page, observer }) => {
  const card = await newestNote(page, observer);
  const title = randomUUID();
  await card.getByRole('button', { name: 'Edit' }).click();
  await expect(page.getByLabel('Title')).toBeFocused();
  await fillNote(page, title, 'three bottles');
  return {
    kind: 'change note',
    call: { method: 'PUT', path: `${api.notes}/*` },
    button: saveButton(page),
    done: page.getByText(`“${title}” is saved.`),
    count: () => observer.versions(),
  };
};

/** Of the newest note. */
export const deleteNote: Action = async ({ page, observer }) => {
  const card = await newestNote(page, observer);
  const title = await card.getByRole('heading').innerText();
  await card.getByRole('button', { name: 'Delete', exact: true }).click();
  return {
    kind: 'delete note',
    call: { method: 'DELETE', path: `${api.notes}/*` },
    button: page.getByRole('button', { name: 'Delete for good' }),
    done: page.getByText(`“${title}” was deleted.`),
    // Each effect removes one note.
    count: async () => -(await observer.notes()),
  };
};

async function newestNote(page: Page, observer: Observer): Promise<Locator> {
  await ensureSignedIn(page, observer);
  await openNotes(page);
  const card = noteCards(page).first();
  await expect(card).toBeVisible();
  return card;
}

/** The page as it is after a click that succeeded; else the user logs in. */
async function ensureSignedIn(page: Page, observer: Observer): Promise<void> {
  if (!(await logOutButton(page).isVisible())) await logInOnPage(page, observer.user);
}

/** The page as it is after a click that succeeded; else its cookies are cleared. */
async function ensureSignedOut(page: Page): Promise<void> {
  if (await logOutButton(page).isVisible()) await page.context().clearCookies();
}
