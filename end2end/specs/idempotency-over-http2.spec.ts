// Idempotency over HTTP/2 and through Envoy: see idempotency.spec.ts. The proxy speaks HTTP/2 to Chromium and
// HTTP/1.1 to Envoy, whose listener takes no other, and closes the one connection with each answer that it loses.
import {
  accountSeries,
  eachAccountBeginsAndEndsOnce,
  eachClickHasOneEffect,
  noteSeries,
  test,
} from '../support/idempotency';

test.use({ behindGateway: true, protocol: 'h2' });
// In one worker: starting all three programs takes longer than a test.
test.describe.configure({ mode: 'default' });

eachAccountBeginsAndEndsOnce();
eachClickHasOneEffect({ ...accountSeries, ...noteSeries });
