import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseResult } from '#mpesa/daraja/parse-result.ts';

const result = (parts: object) => JSON.stringify({ Result: { ResultType: 0, ResultCode: 0, ...parts } });
const withParameters = (ResultParameter: unknown) => result({ ResultParameters: { ResultParameter } });

describe('a result of any API', () => {
  it('gives its code, words, ids and parameters', () => {
    expect(parseResult(readFileSync('test/callbacks/b2c/b2c-result-0-success-2023.json', 'utf8'))).toEqual({
      says: 'done',
      resultCode: '0',
      resultDescription: 'The service request is processed successfully.',
      conversationId: 'AG_20230217_20207d67d6bea6a82db2',
      originatorConversationId: '119209-298361195-1',
      transactionId: 'RBH7V5GG0J',
      parameters: new Map([
        ['ReceiverPartyPublicName', '254700000001 - TEST CUSTOMER'],
        ['TransactionCompletedDateTime', '17.02.2023 16:49:42'],
        ['B2CUtilityAccountAvailableFunds', '488.57'],
        ['B2CWorkingAccountAvailableFunds', '0'],
        ['B2CRecipientIsRegisteredCustomer', 'Y'],
        ['B2CChargesPaidAccountAvailableFunds', '0'],
        ['TransactionAmount', '10'],
        ['TransactionReceipt', 'RBH7V5GG0J'],
      ]),
      unreadable: new Set(),
    });
  });

  it('takes one parameter for a list of one, and none for none', () => {
    expect(parseResult(withParameters({ Key: 'A', Value: 1 })).parameters).toEqual(new Map([['A', '1']]));
    for (const none of [undefined, null, '', {}, { ResultParameter: null }, { ResultParameter: [] }]) {
      expect(parseResult(result({ ResultParameters: none }))).toMatchObject({ says: 'done', parameters: new Map() });
    }
  });

  it('gives no value for a parameter that is there twice or is neither text nor number', () => {
    const list = [{ Key: 'A', Value: 1 }, { Key: 'A', Value: 1 }, { Key: 'B', Value: [1] }, { Key: 'C' }, { Key: 'D', Value: null }];
    expect(parseResult(withParameters(list))).toMatchObject({ says: 'done', parameters: new Map(), unreadable: new Set(['A', 'B']) });
  });

  it('takes the second debit party of the documented sample for the credit party', () => {
    const list = [
      { Key: 'DebitPartyName', Value: 'a' },
      { Key: 'DebitPartyName', Value: 'b' },
    ];
    expect(parseResult(withParameters(list))).toMatchObject({
      parameters: new Map([
        ['DebitPartyName', 'a'],
        ['CreditPartyName', 'b'],
      ]),
    });
    const three = parseResult(withParameters([...list, { Key: 'DebitPartyName', Value: 'c' }]));
    expect([...three.unreadable]).toEqual(['DebitPartyName']);
  });

  it.each(['RCK0000000', 'SG20000000', 'rbh7v5gg0j', '', 7, ['RBH7V5GG0J'], 'RBH7\u0000V5GG0J'])(
    'takes %o for no transaction',
    (TransactionID) => {
      expect(parseResult(result({ TransactionID }))).not.toHaveProperty('transactionId');
    },
  );

  it.each([
    ['0', 'done'],
    [0, 'done'],
    ['2001', 'failed'],
    ['SFC_IC0003', 'failed'],
    ['R000001', 'unclear'],
    [15, 'unclear'],
    [26, 'unclear'],
    ['00', 'unclear'],
    [0.5, 'unclear'],
    [null, 'unclear'],
  ])('with code %o says %s', (ResultCode, says) => {
    expect(parseResult(result({ ResultCode })).says).toBe(says);
  });

  it('survives bombs', () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ({ Key: `n${index}`, Value: 1 }));
    for (const body of ['['.repeat(60_000), '{"Result":'.repeat(6_000), withParameters(many), result({ ResultDesc: 'x'.repeat(1e6) })]) {
      expect(parseResult(body).says).toBe('unclear');
    }
  });
});
