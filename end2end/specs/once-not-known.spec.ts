// The answer is lost for longer than the page asks: it says that it is not known whether this was done, and the next
// click with the same form, or the same form after a reload, has no second effect.
import { changeName, createAccount, deleteAccount, logIn } from '../support/kinds';
import { expectOneEffectAfterNoAnswer, expectOneEffectAfterReload, test } from '../support/once';

test.describe.configure({ timeout: 120_000 });

test('an account is created by the first click, and entered by the next', async ({ newcomer, scene }) => {
  await expectOneEffectAfterNoAnswer(createAccount, { ...scene, observer: newcomer() });
});

test('a session begins with the first click, and is entered by the next', async ({ scene }) => {
  await expectOneEffectAfterNoAnswer(logIn, scene);
});

test('a name is changed by the first click, and the next one says so', async ({ scene }) => {
  await expectOneEffectAfterNoAnswer(changeName, scene);
});

test('an account is deleted by the first click, and the next one says so', async ({ scene }) => {
  await expectOneEffectAfterNoAnswer(deleteAccount, scene);
});

test('an account whose answer was lost is entered by the same form after a reload', async ({ newcomer, scene }) => {
  await expectOneEffectAfterReload(createAccount, { ...scene, observer: newcomer() });
});

test('a session whose answer was lost is entered by the same form after a reload', async ({ scene }) => {
  await expectOneEffectAfterReload(logIn, scene);
});
