import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAccountBalanceResult } from '#mpesa/daraja/parse-account-balance-result.ts';
import { scaled } from '../world/counts.ts';
import { mutated, plainParameters, torn } from './mutations.ts';

const MUTATIONS = scaled(3_000);
const DOCUMENTED = readFileSync('test/callbacks/account-balance/documented/account-balance-result-0-documented-quoted-codes.json', 'utf8');
const withBalances = (AccountBalance: unknown, ResultCode: unknown = 0) =>
  JSON.stringify({
    Result: {
      ResultCode,
      ResultParameters: {
        ResultParameter: [
          { Key: 'AccountBalance', Value: AccountBalance },
          { Key: 'BOCompletedTime', Value: 20260825101112 },
        ],
      },
    },
  });

describe('an account balance result', () => {
  it('lists every account with its balances, below zero too', () => {
    const { says, accounts, completedAt } = parseAccountBalanceResult(DOCUMENTED);
    expect([says, completedAt]).toEqual(['done', new Date('2020-01-09T09:57:10Z')]);
    expect(accounts.map(({ account, availableCents }) => [account, availableCents])).toEqual([
      ['Working Account', 70_000_000n],
      ['Float Account', 0n],
      ['Utility Account', 22_803_700n],
      ['Charges Paid Account', -154_000n],
      ['Organization Settlement Account', 0n],
    ]);
  });

  it('keeps current, available, reserved and uncleared apart', () => {
    expect(parseAccountBalanceResult(withBalances('Working Account|KES|346568.83|6186.83|340382.00|0.00'))).toMatchObject({
      says: 'done',
      accounts: [
        {
          account: 'Working Account',
          currency: 'KES',
          currentCents: 34_656_883n,
          availableCents: 618_683n,
          reservedCents: 34_038_200n,
          unclearedCents: 0n,
        },
      ],
      completedAt: new Date('2026-08-25T07:11:12Z'),
    });
  });

  it.each<[string, unknown]>([
    ['no text', undefined],
    ['an empty text', ''],
    ['no fields', 'Working Account'],
    ['too few fields', 'Working Account|KES|1.00'],
    ['too many fields', 'Working Account|KES|1.00|1.00|0.00|0.00|0.00'],
    ['an amount in words', 'Working Account|KES|1e3|1e3|0|0'],
    ['an empty amount', 'Working Account|KES||1.00|0.00|0.00'],
    ['an unreadable account among others', 'Working Account|KES|1.00|1.00|0.00|0.00&Utility Account|KES'],
    ['the same account twice', 'Utility Account|KES|1.00|1.00|0.00|0.00&utility account|KES|2.00|2.00|0.00|0.00'],
    ['a list', [['Working Account', 'KES', 1, 1]]],
  ])('is unclear with %s', (_, text) => {
    expect(parseAccountBalanceResult(withBalances(text)).says).toBe('unclear');
  });

  it('fails as the envelope fails', () => {
    expect(parseAccountBalanceResult(withBalances(undefined, 21))).toMatchObject({ says: 'failed', resultCode: '21', accounts: [] });
  });

  it('never throws when mutated, and invents no balance', () => {
    fc.assert(
      fc.property(mutated([DOCUMENTED]), (body) => {
        const { accounts } = parseAccountBalanceResult(body);
        const text = String(accounts.length > 0 ? plainParameters(body, 'AccountBalance')[0] : '');
        for (const { account, currentCents } of accounts) {
          const plain = text.split('&').find((part) => part.startsWith(`${account}|`));
          expect(BigInt(Math.round(Number(plain?.split('|')[2]) * 100))).toBe(currentCents);
        }
      }),
      { numRuns: MUTATIONS },
    );
    fc.assert(
      fc.property(torn([DOCUMENTED]), (body) => {
        expect(['done', 'failed', 'unclear']).toContain(parseAccountBalanceResult(body).says);
      }),
      { numRuns: MUTATIONS },
    );
  });
});
