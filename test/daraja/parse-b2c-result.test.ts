import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseB2cResult } from '#mpesa/daraja/parse-b2c-result.ts';
import { scaled } from '../world/counts.ts';
import { mutated, plainParameters, torn } from './mutations.ts';

const MUTATIONS = scaled(5_000);
const FOLDER = 'test/callbacks/b2c';
const recorded = readdirSync(FOLDER).filter((file) => file.startsWith('b2c-result'));
const read = (file: string) => readFileSync(`${FOLDER}/${file}`, 'utf8');

const DONE = {
  says: 'done',
  resultCode: '0',
  resultDescription: 'The service request is processed successfully.',
  conversationId: 'AG_20230217_20207d67d6bea6a82db2',
  originatorConversationId: '119209-298361195-1',
  amountCents: 1_000n,
  receipt: 'RBH7V5GG0J',
  recipient: { phone: { full: '254700000001' }, name: 'TEST CUSTOMER' },
  utilityCents: 48_857n,
  workingCents: 0n,
  completedAt: new Date('2023-02-17T13:49:42Z'),
};

type Entry = { Key?: unknown; Value?: unknown };
const template = () => JSON.parse(read('b2c-result-0-success-2023.json')).Result;
const result = (changes: object = {}) => JSON.stringify({ Result: { ...template(), ...changes } });
const entries = (): Entry[] => template().ResultParameters.ResultParameter;
const withParameters = (list: unknown) => result({ ResultParameters: { ResultParameter: list } });
const withParameter = (key: string, value: unknown) =>
  withParameters(entries().map((entry) => (entry.Key === key ? { Key: key, Value: value } : entry)));

describe('a recorded B2C result', () => {
  it.each(recorded)('%s says what its name says', (file) => {
    const code = /^b2c-result-(\w+?)-/.exec(file)?.[1];
    const { says, resultCode, conversationId } = parseB2cResult(read(file));
    expect({ says, resultCode }).toEqual({ says: code === '0' ? 'done' : 'failed', resultCode: code });
    expect(conversationId).toMatch(/^AG_/);
  });

  it('gives amount, receipt, recipient, balances and moment of a success', () => {
    expect(parseB2cResult(read('b2c-result-0-success-2023.json'))).toEqual(DONE);
    expect(parseB2cResult(read('b2c-result-0-success-2020-sandbox.json'))).toMatchObject({
      amountCents: 200_000n,
      receipt: 'OG201HCA8W',
      recipient: { phone: { full: '254708374149' }, name: 'John Doe' },
      completedAt: new Date('2020-07-02T13:23:30Z'),
    });
  });

  it('never takes the id of a failure for a receipt', () => {
    for (const file of recorded.filter((each) => !each.includes('-0-'))) expect(parseB2cResult(read(file))).not.toHaveProperty('receipt');
  });
});

describe('a B2C result', () => {
  it.each<[string, string]>([
    ['codes as text', result({ ResultType: '0', ResultCode: '0' })],
    ['parameters in another order', withParameters(entries().reverse())],
    ['a parameter nobody knows', withParameters([...entries(), { Key: 'Promotion', Value: { any: ['thing'] } }])],
    ['a parameter nobody knows, twice', withParameters([...entries(), { Key: 'Extra', Value: 1 }, { Key: 'Extra', Value: 2 }])],
    ['numbers as text', withParameters(entries().map(({ Key, Value }) => ({ Key, Value: String(Value) })))],
    ['keys with spaces', withParameters(entries().map(({ Key, Value }) => ({ Key: String(Key).replace('Amount', ' Amount'), Value })))],
    ['a placeholder for its id', result({ TransactionID: 'RBH0000000' })],
    ['a list of references', result({ ReferenceData: { ReferenceItem: [{ Key: 'Occassion' }] } })],
    ['a field nobody knows', result({ Extra: { deep: [1] } })],
  ])('is understood with %s', (_, body) => {
    expect(parseB2cResult(body)).toEqual(DONE);
  });

  it.each<[string, unknown]>([
    ['0700000001 - Test Customer', { phone: { full: '254700000001' }, name: 'Test Customer' }],
    ['2547****149 - T', { phone: { tail: '149' }, name: 'T' }],
    ['254700000001', { phone: { full: '254700000001' }, name: '' }],
    ['254700000001 - A - B', { phone: { full: '254700000001' }, name: 'A - B' }],
    ['600992 - Test Org', { shortcode: '600992', name: 'Test Org' }],
    ['Somebody\u0000', { name: 'Somebody' }],
  ])('reads the recipient %s', (text, recipient) => {
    expect(parseB2cResult(withParameter('ReceiverPartyPublicName', text))).toEqual({ ...DONE, recipient });
  });

  it('reads negative balances and leaves out what is none', () => {
    expect(parseB2cResult(withParameter('B2CUtilityAccountAvailableFunds', -8030.5)).utilityCents).toBe(-803_050n);
    expect(parseB2cResult(withParameter('B2CUtilityAccountAvailableFunds', '1e9'))).not.toHaveProperty('utilityCents');
  });

  it.each<[string, unknown]>([
    ...['1e2', '0x10', ' 10', '-10', '0', '10.005', '', true, [10], {}, null, 2 ** 53].map((value): [string, unknown] => [
      'TransactionAmount',
      value,
    ]),
    ...['rbh7v5gg0j', 'RBH7', 'RBH0000000', 'RBH7V5GG0J\n', ['RBH7V5GG0J'], null, 7, 2 ** 53].map((value): [string, unknown] => [
      'TransactionReceipt',
      value,
    ]),
    ...[true, ['x'], {}].map((value): [string, unknown] => ['ReceiverPartyPublicName', value]),
  ])('is unclear with %s %o', (key, value) => {
    expect(parseB2cResult(withParameter(key, value)).says).toBe('unclear');
  });

  it.each<[string, string]>([
    ['two amounts', withParameters([...entries(), { Key: 'TransactionAmount', Value: 10 }])],
    ['two receipts', withParameters([...entries(), { Key: 'TransactionReceipt', Value: 'RBH7V5GG0K' }])],
    ['no parameters', result({ ResultParameters: undefined })],
    ['parameters of another type', result({ ResultParameters: 'none' })],
    ['an entry without a key', withParameters([...entries(), { Value: 1 }])],
    ['one parameter instead of all', withParameters(entries()[0])],
    ['a failure that has a receipt', result({ ResultCode: 2001 })],
    ['a code in no table', result({ ResultCode: 31337, ResultParameters: undefined })],
    ['a duplicate, since the first may have paid', result({ ResultCode: 15, ResultParameters: undefined })],
    ['a system that stumbled', result({ ResultCode: '17', ResultParameters: undefined })],
    ['no code', result({ ResultCode: undefined })],
    ['a true code', result({ ResultCode: false })],
    ['no envelope', JSON.stringify(template())],
    ['a page', '<html>'],
    ['nothing', ''],
    ['depth', '{"Result":'.repeat(8_000)],
    ['size', result({ ResultDesc: 'x'.repeat(100_000) })],
  ])('is unclear with %s', (_, body) => {
    expect(parseB2cResult(body).says).toBe('unclear');
  });

  it('that names another id than its receipt is done, and names two receipts: a status decides between them', () => {
    const answer = parseB2cResult(result({ TransactionID: 'RBH7V5GG0K' }));
    expect(answer).toMatchObject({ says: 'done', twoReceipts: true });
    expect(answer).not.toHaveProperty('receipt');
  });

  it('fails with a code in words and with a lone object as parameters', () => {
    const lone = { ResultParameter: { Key: 'BOCompletedTime', Value: 20200120164825 } };
    expect(parseB2cResult(result({ ResultCode: 'SFC_IC0003', ResultParameters: lone, TransactionID: 'OAK0000000' }))).toMatchObject({
      says: 'failed',
      resultCode: 'SFC_IC0003',
    });
  });
});

describe('any mutation of a recorded B2C result', () => {
  const bodies = recorded.map(read);

  it('never throws, and is done only with exactly the one amount and receipt that it holds', () => {
    let done = 0;
    fc.assert(
      fc.property(mutated(bodies), (body) => {
        const answer = parseB2cResult(body);
        if (answer.says !== 'done') return;
        done++;
        const [amounts, receipts] = ['TransactionAmount', 'TransactionReceipt'].map((name) => plainParameters(body, name));
        expect([0, '0']).toContain(JSON.parse(body).Result.ResultCode);
        if (answer.twoReceipts) expect(receipts).not.toEqual([JSON.parse(body).Result.TransactionID]);
        else expect(receipts).toEqual([answer.receipt]);
        expect(amounts).toHaveLength(1);
        expect(String(amounts?.[0])).toMatch(/^\d+(\.\d\d?)?$/);
        expect(BigInt(Math.round(Number(amounts?.[0]) * 100))).toBe(answer.amountCents);
      }),
      { numRuns: MUTATIONS },
    );
    expect(done).toBeGreaterThan(MUTATIONS / 100); // the property is about something
  });

  it('fails only with a code that proves it and without any trace of money', () => {
    fc.assert(
      fc.property(mutated(bodies), (body) => {
        const { says, ...answer } = parseB2cResult(body);
        if (says !== 'failed') return;
        expect(String(JSON.parse(body).Result.ResultCode)).toMatch(
          /^(1|2|3|4|8|11|18|2[0-2459]|2001|2006|2028|2040|8006|R000002|SFC_IC0003)$/,
        );
        expect(answer).not.toHaveProperty('amountCents');
        expect(answer).not.toHaveProperty('receipt');
      }),
      { numRuns: MUTATIONS },
    );
  });

  it('in its bytes never throws', () => {
    fc.assert(
      fc.property(torn(bodies), (body) => {
        expect(['done', 'failed', 'unclear']).toContain(parseB2cResult(body).says);
      }),
      { numRuns: MUTATIONS },
    );
  });
});
