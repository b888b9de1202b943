// Answers are lost past the page's last retry: it reports an unknown outcome, and the next click with the same form,
// or the same form after a reload, has no second effect (idempotency keys).
import { changeName, createAccount, deleteAccount, logIn } from '../support/actions';
import { expectOneEffectAfterNoAnswer, expectOneEffectAfterReload, test } from '../support/idempotency';

test.describe.configure({ timeout: 120_000 });

test('an account is created by the first click, and opened by the next', async ({ unregistered, scenario }) => {
  await expectOneEffectAfterNoAnswer(createAccount, { ...scenario, observer: unregistered() });
});

test('a session begins with the first click, and is resumed by the next', async ({ scenario }) => {
  await expectOneEffectAfterNoAnswer(logIn, scenario);
});

test('a name is changed by the first click, and the next one says so', async ({ scenario }) => {
  await expectOneEffectAfterNoAnswer(changeName, scenario);
});

test('an account is deleted by the first click, and the next one says so', async ({ scenario }) => {
  await expectOneEffectAfterNoAnswer(deleteAccount, scenario);
});

test('an account whose answer was lost is opened by the same form after a reload', async ({
  unregistered,
  scenario,
}) => {
  await expectOneEffectAfterReload(createAccount, { ...scenario, observer: unregistered() });
});

test('a session whose answer was lost is resumed by the same form after a reload', async ({ scenario }) => {
  await expectOneEffectAfterReload(logIn, scenario);
});
