import type { Related } from './find-related.ts';

type Outcome = 'completed' | 'failed' | 'reversed' | 'pending' | 'unclear';

const OF_PROMPT: Partial<Record<Related['what'], string>> = {
  without_receipt:
    'This is probably the receipt that the deposit lacks: compare the payer and record it (docs/tasks.md, "receipt_missing").',
  quarantined:
    'The money came, but a success for this prompt was not believed. See its task: refund the customer, or close the task with this receipt. Book nothing twice.',
  unresolved: 'A prompt of this payer is still open with us: ask Safaricom about it once more (docs/tasks.md, "attempt_unresolved").',
};

/** What an operator can do about an answer, in sentences. None of it happens by itself. */
export function adviseOnStatus(outcome: Outcome, related: Related[]): string[] {
  if (outcome === 'pending') return ['Not final yet: ask again in some minutes.'];
  if (outcome === 'unclear')
    return ['This proves nothing, neither that money moved nor that it did not. Ask again, or look in the M-PESA organisation portal.'];
  if (outcome === 'failed')
    return [
      'No money moved.',
      ...related.filter(({ what }) => what === 'booked').map(() => 'But a deposit with this receipt is booked: compare both.'),
    ];
  const found = related.map((each) => adviseOnOne(outcome, each));
  if (outcome === 'completed' && related.length === 0)
    return [
      'The money moved, and nothing in our books names it. If it came to our paybill, record the receipt (POST /api/receipts) or import the statement of its day. If it left our short code, look for a payout whose end is not known and ask about that by its id, or enter it as paid out by hand (POST /api/float-entries). Refund nothing in the portal.',
    ];
  if (outcome === 'reversed' && related.length === 0) return ['M-PESA has reversed the payment, and nothing in our books names it.'];
  return [...new Set(found)];
}

function adviseOnOne(outcome: 'completed' | 'reversed', { what, status, amountAgrees }: Related): string {
  if (!amountAgrees && what !== 'quarantined')
    return 'The amount differs from ours: look the receipt up in the M-PESA organisation portal before doing anything.';
  if (outcome === 'reversed') return 'M-PESA has reversed the payment, but it is still in our books: the sale has to be corrected.';
  if (what === 'booked') return 'The money moved and is booked.';
  if (what === 'payout')
    return status === 'paid'
      ? 'The payout was paid and is booked.'
      : `The payout was paid, and with us it is ${status}: do not pay it again.`;
  return OF_PROMPT[what] ?? '';
}
