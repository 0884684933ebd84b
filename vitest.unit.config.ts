import { defineConfig } from 'vitest/config';

/** What needs no database: rules, mathematics, parsers, words. `npm test` runs them too. */
export const UNIT_TESTS = [
  'test/{architecture,walls}.test.ts',
  'test/bookings/split-hold.test.ts',
  'test/books/{money,references}.test.ts',
  'test/client/{requests,types,verify-webhook}.test.ts',
  'test/daraja/*.test.ts',
  'test/desk/{support,task-words}.test.ts',
  'test/float/tariff.test.ts',
  'test/invoices/{compose-email,invoice-document}.test.ts',
  'test/loans/math/*.test.ts',
  'test/operators/messages.test.ts',
  'test/outbound/*.test.ts',
  'test/notices/swahili-words.test.ts',
  'test/openapi/*.test.ts',
  'test/paybill/read-pages.test.ts',
  'test/payouts/results.test.ts',
  'test/refunds/{choose-refund,spread-given-back}.test.ts',
  'test/statements/{layouts,read-samples,refused-words}.test.ts',
];

export default defineConfig({
  test: {
    include: UNIT_TESTS,
    testTimeout: 60_000, // as in vitest.config.ts: a busy machine is slow
    env: { MALIPO_TEST_SCALE: '0.1' }, // a tenth of the generated cases
    maxWorkers: 3, // some tests wait for pauses
    isolate: false,
  },
});
