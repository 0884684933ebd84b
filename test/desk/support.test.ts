import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PAYMENT_STATUSES } from '#mpesa/payments/payments.schema.ts';
import { PAYOUT_STATES } from '#mpesa/payouts/payouts.schema.ts';
import { SHOWN_STATES } from '#sacco/loans/shown-state.ts';
import { BOOKING_STATES } from '#shop/bookings/bookings.schema.ts';

const page = readFileSync('docs/support.md', 'utf8');

/** The states that the table under a heading has words for. */
function statesUnder(heading: string): string[] {
  const [, part = ''] = new RegExp(`^## ${heading}$([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(page) ?? [];
  return [...part.matchAll(/^\| `(?!status|state)(\w+)`[^|]* \|/gm)].map(([, state = '']) => state);
}

describe('whoever answers customers has words for every state', () => {
  test.each([
    ['A payment', PAYMENT_STATUSES],
    ['A booking', BOOKING_STATES],
    ['A payout or a refund', PAYOUT_STATES],
    ['A loan', SHOWN_STATES],
  ] as const)('%s', (heading, states) => {
    expect([...new Set(statesUnder(heading))].sort()).toEqual([...states].sort());
  });
});
