import { describe, expect, test } from 'vitest';
import { chooseRefund } from '#mpesa/refunds/choose-refund.ts';

type Wanted = { shillings?: number; method?: 'reversal' | 'b2c' };
type Stands = Partial<Record<'surplus' | 'suspense' | 'sale' | 'given' | 'of', number>> & { proved?: boolean };

const cents = (shillings: number) => BigInt(shillings) * 100n;
const choose = ({ shillings, method }: Wanted, { surplus = 0, suspense = 0, sale = 0, given = 0, of = 1000, proved = true }: Stands) =>
  chooseRefund(
    { amountCents: shillings === undefined ? undefined : cents(shillings), method },
    {
      ...{ amountCents: cents(of), receiptProved: proved, givenBackCents: cents(given) },
      standing: { surplusCents: cents(surplus), suspenseCents: cents(suspense), saleCents: cents(sale) },
    },
  );

test.each<[string, Wanted, Stands, string, string, number]>([
  ['the whole is reversed', {}, { sale: 1000 }, 'reversal', 'refunds', 1000],
  ['a part is sent', { shillings: 400 }, { sale: 1000 }, 'b2c', 'refunds', 400],
  ['the whole is sent where its receipt is not proved', {}, { sale: 1000, proved: false }, 'b2c', 'refunds', 1000],
  ['what waits for its owner goes first', {}, { surplus: 300, sale: 700 }, 'b2c', 'customer_credit', 300],
  ['out of one account that has it all', { shillings: 400 }, { surplus: 300, sale: 700 }, 'b2c', 'refunds', 400],
  ['no more than is left of the deposit', {}, { suspense: 1000, given: 400 }, 'b2c', 'suspense', 600],
])('%s', (_, wanted, stands, method, sourceAccount, shillings) => {
  expect(choose(wanted, stands)).toEqual({ method, sourceAccount, amountCents: cents(shillings) });
});

describe('is refused', () => {
  test.each<[string, Wanted, Stands, string]>([
    ['more than one account has', { shillings: 800 }, { surplus: 300, sale: 700 }, 'refund_too_large'],
    ['what is asked for already', {}, { sale: 1000, given: 1000 }, 'refund_too_large'],
    ['nothing', {}, {}, 'refund_too_large'],
    ['a reversal of a part', { shillings: 400, method: 'reversal' }, { sale: 1000 }, 'refund_impossible'],
    ['a reversal of what has no proved receipt', { method: 'reversal' }, { sale: 1000, proved: false }, 'refund_impossible'],
    ['less than M-PESA sends', { shillings: 9 }, { sale: 1000 }, 'refund_impossible'],
    ['the whole of so little by b2c', { method: 'b2c' }, { sale: 9, of: 9 }, 'refund_impossible'],
  ])('%s', (_, wanted, stands, code) => {
    expect(() => choose(wanted, stands)).toThrow(expect.objectContaining({ code }));
  });
});
