import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseReversalResult } from '#mpesa/daraja/parse-reversal-result.ts';
import { scaled } from '../world/counts.ts';
import { mutated, plainParameters, torn } from './mutations.ts';

const MUTATIONS = scaled(3_000);
const FOLDER = 'test/callbacks/reversal/documented';
const DONE = readFileSync(`${FOLDER}/reversal-result-0-documented.json`, 'utf8');
const INVALID = readFileSync(`${FOLDER}/reversal-result-R000002-documented.json`, 'utf8');

type Entry = { Key: string; Value?: unknown };
const result = (changes: object) => JSON.stringify({ Result: { ...JSON.parse(DONE).Result, ...changes } });
const withParameters = (change: (entries: Entry[]) => Entry[]) =>
  result({ ResultParameters: { ResultParameter: change(JSON.parse(DONE).Result.ResultParameters.ResultParameter) } });
const withParameter = (key: string, value: unknown) =>
  withParameters((entries) => entries.map((entry) => (entry.Key === key ? { Key: key, Value: value } : entry)));

describe('a reversal result', () => {
  it('gives its own receipt, the one it undid, the amount and who got it back', () => {
    expect(parseReversalResult(DONE)).toMatchObject({
      says: 'done',
      resultCode: '0',
      receipt: 'SKE52PAWR9',
      originalReceipt: 'SKC82PACB8',
      amountCents: 100n,
      creditParty: { phone: { full: '254700000001' }, name: 'TEST CUSTOMER' },
      completedAt: new Date('2021-11-14T10:27:11Z'),
    });
  });

  it('is done without parameters, as old ones were', () => {
    const answer = parseReversalResult(result({ ResultParameters: undefined }));
    expect(answer).toMatchObject({ says: 'done', receipt: 'SKE52PAWR9' });
    expect(answer).not.toHaveProperty('amountCents');
  });

  it('fails with an invalid receipt, and is unclear when the payment was reversed before', () => {
    expect(parseReversalResult(INVALID)).toMatchObject({ says: 'failed', resultCode: 'R000002' });
    expect(parseReversalResult(INVALID.replace('R000002', 'R000001'))).toMatchObject({ says: 'unclear', resultCode: 'R000001' });
  });

  it.each<[string, string]>([
    ['no receipt of its own', result({ TransactionID: undefined })],
    ['a placeholder for its receipt', result({ TransactionID: 'SKE0000000' })],
    ['the receipt it undoes as its own', result({ TransactionID: 'SKC82PACB8' })],
    ['an amount in words', withParameter('Amount', '1e2')],
    ['an amount of another type', withParameter('Amount', [1])],
    ['two amounts', withParameters((entries) => [...entries, { Key: 'Amount', Value: 1 }])],
    ['an original that is no receipt', withParameter('OriginalTransactionID', 'x')],
    ['a failure that moved an amount', result({ ResultCode: 'R000002' })],
  ])('is unclear with %s', (_, body) => {
    expect(parseReversalResult(body).says).toBe('unclear');
  });

  it('never throws when mutated, and invents neither amount nor receipt', () => {
    let done = 0;
    fc.assert(
      fc.property(mutated([DONE, INVALID]), (body) => {
        const answer = parseReversalResult(body);
        if (answer.amountCents !== undefined) {
          const amounts = plainParameters(body, 'Amount');
          expect(amounts).toHaveLength(1);
          expect(BigInt(Math.round(Number(amounts[0]) * 100))).toBe(answer.amountCents);
        }
        if (answer.says !== 'done') return;
        done++;
        expect(JSON.parse(body).Result.TransactionID).toBe(answer.receipt);
        if (answer.originalReceipt) expect(plainParameters(body, 'OriginalTransactionID')).toEqual([answer.originalReceipt]);
      }),
      { numRuns: MUTATIONS },
    );
    expect(done).toBeGreaterThan(MUTATIONS / 100);
    fc.assert(
      fc.property(torn([DONE, INVALID]), (body) => {
        expect(['done', 'failed', 'unclear']).toContain(parseReversalResult(body).says);
      }),
      { numRuns: MUTATIONS },
    );
  });
});
