// Idempotency over TLS and HTTP/1.1: a proxy between Chromium and the server loses up to 8 answers to a click in a
// row, and then delivers one. Chromium resends such a request up to 6 times by itself, the page retries, and the user
// may click again.
import { accountSeries, eachAccountBeginsAndEndsOnce, eachClickHasOneEffect } from '../support/idempotency';

// By hand, 200 clicks of each kind, and the table of their effects:
//   CLICKS=200 npx playwright test idempotency --global-timeout=0 | grep '^idempotency'
// SEED decides which answers are lost.
eachAccountBeginsAndEndsOnce();
eachClickHasOneEffect(accountSeries);
