// The strength meter and the server judge passwords by one rule: what the meter accepts, the server accepts.
import { api, pages } from '../support/contract';
import { expect, test } from '../support/fixtures';
import { expectAccountOf, newUser, open } from '../support/users';

const refused = [
  ['too short', 'four words', /^Use at least 15 characters; this has 10\./],
  ['commonly used', 'manchesterunited', /^Many people use this password/],
  ['a repetition', 'abcabcabcabcabcabcabc', /^This is made of common words/],
  ['too short once normalised', 'ﬁve ﬂat ﬁsh', /this has 14\./],
  ['the account itself', 'own email address', /^This is made of common words/],
] as const;

for (const [what, password, sentence] of refused) {
  test(`a password that is ${what} is refused with the message of the meter`, async ({ page, networkLog }) => {
    const ada = newUser();
    const typed = what === 'the account itself' ? ada.email : password;
    await open(page, pages.register);
    const field = page.getByLabel('Password', { exact: true });
    await page.getByLabel('Email').fill(ada.email);
    await field.fill(typed);
    await expect(page.locator('.strength-text')).toHaveText(sentence);
    await expect(page.getByRole('meter', { name: 'Strength' })).toHaveAttribute('aria-valuetext', 'not accepted');
    const meter = await page.locator('.strength-text').innerText();

    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.locator('#password-error')).toHaveText(meter);
    await expect(field).toBeFocused();
    await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.register} 422`]);
  });
}

const accepted = [
  ['fair', /^Fair/, 'iloveyou-qwerty-32'],
  ['good', /^Good/, 'summer dragon 4 hills'],
  ['strong', /^Strong/, 'quiet lantern upon wet gravel, 7 geese'],
] as const;

for (const [level, sentence, password] of accepted) {
  test(`a password that the meter calls ${level} is accepted`, async ({ page, networkLog }) => {
    const ada = newUser();
    await open(page, pages.register);
    await page.getByLabel('Email').fill(ada.email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await expect(page.locator('.strength-text')).toHaveText(sentence);
    await expect(page.getByRole('meter')).toHaveAttribute('aria-valuetext', level);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expectAccountOf(page, ada);
    await expect.poll(() => networkLog.lines()).toEqual([`POST ${api.register} 201`]);
  });
}

test('the password can be shown and hidden again', async ({ page }) => {
  await open(page, pages.register);
  const field = page.getByLabel('Password', { exact: true });
  await field.fill('quiet lantern');
  await expect(field).toHaveAttribute('type', 'password');
  await page.getByRole('button', { name: 'Show password' }).click();
  await expect(field).toHaveAttribute('type', 'text');
  await expect(field).toHaveValue('quiet lantern');
  await page.getByRole('button', { name: 'Hide password' }).click();
  await expect(field).toHaveAttribute('type', 'password');
});
