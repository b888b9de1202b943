// One click has one effect, over TLS and HTTP/1.1: between Chromium and the server a proxy loses the answers to a click,
// up to 8 in a row, and then one arrives. Chromium sends such a request up to 6 times more by itself, the page asks
// again, and the user may click again.
import { accountSeries, eachAccountBeginsAndEndsOnce, eachClickHasOneEffect } from '../support/idempotency';

// All clicks by hand, 200 of each kind, and the table of what they came to:
//   CLICKS=200 npx playwright test idempotency --global-timeout=0 | grep '^idempotency'
// Which answers are lost is drawn from SEED.
eachAccountBeginsAndEndsOnce();
eachClickHasOneEffect(accountSeries);
