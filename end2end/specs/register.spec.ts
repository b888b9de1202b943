import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { callTheApi, expectAccountOf, expectCallResult, logOut, newUser, open, sendLogin } from '../support/users';

test('a new user creates an account, is logged in, and can log in again later', async ({ page, networkLog }) => {
  const ada = newUser();
  await open(page, pages.home);
  await page.getByRole('main').getByRole('link', { name: 'Create an account' }).click();
  await expect(page).toHaveURL(pages.register);
  await page.getByLabel('Email').fill(ada.email);
  await page.getByLabel('Name').fill(ada.name);
  await page.getByLabel('Password', { exact: true }).fill(ada.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectAccountOf(page, ada);
  await expect(page.getByRole('main')).toContainText(ada.name);
  await callTheApi(page);
  await expectCallResult(page, 'Answered in one try.');
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.register} 201`, `GET ${api.me} 200`]);

  await logOut(page);
  await expect(page).toHaveURL(pages.login);
  await sendLogin(page, ada);
  await expectAccountOf(page, ada);
  await expect.poll(() => networkLog.to(api.login).map((it) => it.outcome)).toEqual([200]);
});

test('what is missing is said beside each field, and the focus goes to the first', async ({ page }) => {
  await open(page, pages.register);
  await page.getByRole('button', { name: 'Create account' }).click();
  const email = page.getByLabel('Email');
  await expect(email).toHaveAccessibleDescription('Enter your email address.');
  await expect(email).toHaveAttribute('aria-invalid', 'true');
  await expect(email).toBeFocused();
  const password = page.getByLabel('Password', { exact: true });
  await expect(password).toHaveAttribute('aria-invalid', 'true');
  await expect(password).toHaveAccessibleDescription(/^Use at least 15 characters/);

  await email.fill('somebody@example.org');
  await expect(email).not.toHaveAttribute('aria-invalid');
  await expect(password).toHaveAttribute('aria-invalid', 'true');
});

test('an address that has an account is refused where it was typed, and nothing typed is lost', async ({
  page,
  user,
  networkLog,
}) => {
  await open(page, pages.register);
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  const email = page.getByLabel('Email');
  await expect(email).toHaveAccessibleDescription('There is an account with this email address already.');
  await expect(email).toBeFocused();
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue(user.password);
  await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.register} 409`]);
});

test('input from before hydration is kept and sent', async ({ page, user }) => {
  // The WebAssembly arrives only after the user has typed.
  let arrive = () => {};
  const typed = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/*.wasm', async (route) => {
    await typed;
    await route.continue();
  });
  await page.goto(pages.login, { waitUntil: 'domcontentloaded' });
  const button = page.getByRole('main').getByRole('button', { name: 'Log in' });
  await expect(button).toBeDisabled();
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  arrive();
  await button.click();
  await expectAccountOf(page, user);
});
