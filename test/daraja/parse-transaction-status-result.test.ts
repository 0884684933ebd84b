import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTransactionStatusResult } from '#mpesa/daraja/parse-transaction-status-result.ts';
import { scaled } from '../world/counts.ts';
import { mutated, plainParameters, torn } from './mutations.ts';

const MUTATIONS = scaled(5_000);
const FOLDER = 'test/callbacks/transaction-status';
const COMPLETED = readFileSync(`${FOLDER}/transaction-status-result-0-completed-2024.json`, 'utf8');
const REFUSED = readFileSync(`${FOLDER}/transaction-status-result-2001-2018.json`, 'utf8');

type Entry = { Key: string; Value?: unknown };
const entries = (): Entry[] => JSON.parse(COMPLETED).Result.ResultParameters.ResultParameter;
const withParameters = (list: unknown, changes: object = {}) =>
  JSON.stringify({ Result: { ...JSON.parse(COMPLETED).Result, ResultParameters: { ResultParameter: list }, ...changes } });
const withParameter = (key: string, value: unknown) =>
  withParameters(entries().map((entry) => (entry.Key === key ? { Key: key, Value: value } : entry)));

describe('a transaction status result', () => {
  it('tells a completed payment with receipt, amount, parties and whose question it answers', () => {
    expect(parseTransactionStatusResult(COMPLETED)).toEqual({
      says: 'completed',
      status: 'Completed',
      resultCode: '0',
      resultDescription: 'The service request is processed successfully.',
      conversationId: 'AG_20240702_20303738b089a9fb5233',
      originatorConversationId: '9f6c92024b39880271',
      askedConversationId: 'AG_20240629_2040165691b903e92930',
      askedOriginatorConversationId: 'TEMPLATE-PLACEHOLDER',
      receipt: 'TEMPLATE00',
      amountCents: 1_000n,
      debitParty: { phone: { full: '254700000001' }, name: 'TEST CUSTOMER' },
      creditParty: { shortcode: '000000', name: 'TEST ORG' },
      reasonType: 'Pay Bill Online',
      finalisedAt: new Date('2024-06-29T15:43:02Z'),
    });
  });

  it.each(['', ' ', ' - '])('has no party where its name is %j', (nobody) => {
    const list = entries().map((entry) => (/PartyName$/.test(entry.Key) ? { Key: entry.Key, Value: nobody } : entry));
    const result = parseTransactionStatusResult(withParameters(list));
    expect(result).toMatchObject({ says: 'completed' });
    expect(result).not.toHaveProperty('debitParty');
    expect(result).not.toHaveProperty('creditParty');
  });

  it('that could not be asked decides nothing about the transaction', () => {
    expect(parseTransactionStatusResult(REFUSED)).toMatchObject({ says: 'unclear', resultCode: '2001' });
    expect(parseTransactionStatusResult(withParameters(entries(), { ResultCode: 2001 })).says).toBe('unclear');
  });

  it.each([
    ['Completed', 'completed'],
    ['completed', 'completed'],
    ['Cancelled', 'failed'],
    ['Declined', 'failed'],
    ['Expired', 'failed'],
    ['Reversed', 'reversed'],
    ['Initiated', 'pending'],
    ['Authorized', 'pending'],
    ['Pending Authorized', 'pending'],
    ['Failed', 'unclear'],
    ['Completed?', 'unclear'],
    ['', 'unclear'],
    [undefined, 'unclear'],
    [['Completed'], 'unclear'],
    [0, 'unclear'],
  ])('with status %o says %s', (status, says) => {
    expect(parseTransactionStatusResult(withParameter('TransactionStatus', status)).says).toBe(says);
  });

  it('is understood with everything as text, keys with spaces and the credit party under the name of the debit party', () => {
    const list = entries().map(({ Key, Value }) => ({
      Key: Key === 'CreditPartyName' ? 'DebitPartyName' : Key.replace('ConversationID', 'Conversation ID'),
      Value: Value && String(Value),
    }));
    expect(parseTransactionStatusResult(withParameters(list))).toEqual(parseTransactionStatusResult(COMPLETED));
  });

  it.each<[string, string]>([
    ['no receipt', withParameter('ReceiptNo', undefined)],
    ['a placeholder for a receipt', withParameter('ReceiptNo', 'SG20000000')],
    ['no amount', withParameter('Amount', undefined)],
    ['an amount in words', withParameter('Amount', '1e1')],
    ['two amounts', withParameters([...entries(), { Key: 'Amount', Value: 10 }])],
    ['two statuses', withParameters([...entries(), { Key: 'TransactionStatus', Value: 'Completed' }])],
    ['two receipts', withParameters([...entries(), { Key: 'ReceiptNo', Value: 'TEMPLATE00' }])],
    ['an asked id that is none', withParameter('OriginatorConversationID', ['x'])],
    ['a party that is none', withParameter('CreditPartyName', {})],
    ['no parameters', withParameters(undefined)],
  ])('is unclear with %s', (_, body) => {
    expect(parseTransactionStatusResult(body).says).toBe('unclear');
  });

  it('never throws when mutated, and is completed only with exactly the one amount, receipt and status that it holds', () => {
    let completed = 0;
    fc.assert(
      fc.property(mutated([COMPLETED, REFUSED]), (body) => {
        const answer = parseTransactionStatusResult(body);
        if (answer.says !== 'completed') return;
        completed++;
        expect([0, '0']).toContain(JSON.parse(body).Result.ResultCode);
        expect(plainParameters(body, 'TransactionStatus')).toEqual(['Completed']);
        expect(plainParameters(body, 'ReceiptNo')).toEqual([answer.receipt]);
        const amounts = plainParameters(body, 'Amount');
        expect(amounts).toHaveLength(1);
        expect(String(amounts[0])).toMatch(/^\d+(\.\d\d?)?$/);
        expect(BigInt(Math.round(Number(amounts[0]) * 100))).toBe(answer.amountCents);
      }),
      { numRuns: MUTATIONS },
    );
    expect(completed).toBeGreaterThan(MUTATIONS / 100);
    fc.assert(
      fc.property(torn([COMPLETED, REFUSED]), (body) => {
        expect(['completed', 'failed', 'reversed', 'pending', 'unclear']).toContain(parseTransactionStatusResult(body).says);
      }),
      { numRuns: MUTATIONS },
    );
  });
});
