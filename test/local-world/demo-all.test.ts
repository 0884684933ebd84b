import { expect, test } from 'vitest';
import { runCommand } from './spawn.ts';

const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
const receipt = expect.stringMatching(/^[A-Z0-9]{10}$/);

test('the whole demo plays every way that money moves, compares the books after each, and ends with what it proved', {
  timeout: 400_000,
}, async () => {
  const { code, stdout, stderr } = await runCommand('dev/demo.ts', ['all']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  const proved = JSON.parse(lines.at(-1) ?? '');
  expect(proved).toEqual({
    checkout: expect.objectContaining({ status: 'paid', amount: 1750, ledgerBalanced: true, clearingCents: '0' }),
    paybill: { paymentId: uuid, typedReference: expect.any(String), suggestedReference: expect.any(String), status: 'paid', receipt },
    payout: { payoutId: uuid, amount: 12_000, state: 'paid', selfApproval: 'second_person_needed', timesPaid: 1, receipt },
    refund: {
      paymentId: proved.checkout.paymentId,
      method: 'reversal',
      amount: 1750,
      status: 'reversed',
      creditNote: expect.stringMatching(/^CRN-\d{4}-000001$/),
    },
    booking: { bookingId: uuid, amount: 1000, state: 'refunded', timesRefunded: 1 },
    evidence: {
      byStatement: { paymentId: uuid, status: 'paid' },
      byPull: { paymentId: uuid, status: 'paid' },
      forged: { paymentId: uuid, refund: 'receipt_unconfirmed', status: 'reversed' },
      uploaderSigns: 'second_person_needed',
    },
    loan: {
      ...{ reference: expect.stringMatching(/^LN-[0-9A-Z]{8}$/), balanceByInstalment: 4500, savings: 500, balanceByFull: 4000 },
      ...{ stillDueOfInstalment: 300, penalty: 30, state: 'closed' },
    },
    ledgerBalanced: true,
  });
  expect(proved.paybill.typedReference).not.toBe(proved.paybill.suggestedReference);
  const held = lines.filter((line) => line.includes('in the ledger as at M-PESA')).map((line) => /KES ([\d,]*\d)/.exec(line)?.[1]);
  expect(held).toEqual(['2,650', '3,650', '1,900', '2,900', '1,900', '2,220', '2,540', '12,070']);
});

test('a word that the demo does not know is refused before anything starts', async () => {
  const { code, stderr } = await runCommand('dev/demo.ts', ['everything']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('npm run demo -- all') });
});
