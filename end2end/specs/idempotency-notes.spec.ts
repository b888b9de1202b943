// Idempotency at the notes service, over TLS and HTTP/1.1: see idempotency.spec.ts.
import { createNote } from '../support/actions';
import { eachClickHasOneEffect, expectOneEffectAfterNoAnswer, noteSeries, test } from '../support/idempotency';

test.use({ behindGateway: true });
// In one worker: starting all three programs takes longer than a test.
test.describe.configure({ mode: 'default' });

eachClickHasOneEffect(noteSeries);

test('a note whose save has an unknown outcome is saved once by the next click', async ({ scenario }) => {
  test.setTimeout(120_000);
  await expectOneEffectAfterNoAnswer(createNote, scenario);
});
