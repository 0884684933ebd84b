import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseC2bNotice } from '#mpesa/daraja/parse-c2b.ts';
import { scaled } from '../world/counts.ts';
import { mutated, torn } from './mutations.ts';

const MUTATIONS = scaled(5_000);
const FOLDER = 'test/callbacks/c2b';
const read = (file: string) => readFileSync(`${FOLDER}/${file}`, 'utf8');
const recorded = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const CONFIRMED = read('c2b-confirmation-2023-production-masked.json');
const notice = (changes: object) => JSON.stringify({ ...JSON.parse(CONFIRMED), ...changes });

describe('a C2B notice', () => {
  it('gives the receipt, amount, reference, payer, moment and balance of a confirmation', () => {
    expect(parseC2bNotice(CONFIRMED)).toEqual({
      kind: 'paybill',
      transactionId: 'RAJ7PFM0SH',
      amountCents: 100n,
      reference: 'test',
      shortcode: '4000000',
      phone: { tail: '001' },
      names: 'TEST',
      at: new Date('2023-01-19T09:15:44Z'),
      balanceCents: 21_239_100n,
    });
  });

  it('gives what there is of a validation', () => {
    expect(parseC2bNotice(read('c2b-sandbox-2020-empty-transaction-type.json'))).toEqual({
      kind: 'unknown',
      transactionId: 'OIO01HCT1K',
      amountCents: 6_700n,
      reference: 'SIMULATE004',
      shortcode: '600610',
      phone: { full: '254708374149' },
      names: 'John J. Doe',
      at: new Date('2020-09-23T22:39:56Z'),
    });
    expect(parseC2bNotice(read('c2b-validation-2023-sandbox-masked.json'))).toMatchObject({ amountCents: 1_000n, phone: { tail: '149' } });
  });

  it.each([
    ['Pay Bill', 'paybill'],
    ['Paybill', 'paybill'],
    ['Buy Goods', 'till'],
    ['Organization To Organization Transfer', 'organisation'],
    ['', 'unknown'],
    [null, 'unknown'],
    [['Pay Bill'], 'unknown'],
  ])('of type %o is a payment by %s', (TransactionType, kind) => {
    expect(parseC2bNotice(notice({ TransactionType })).kind).toBe(kind);
  });

  it.each<[unknown, unknown]>([
    ['A'.repeat(64), { sha256: 'a'.repeat(64) }],
    [`0${'9f'.repeat(31)}1`, { sha256: `0${'9f'.repeat(31)}1` }],
    ['2547 ***** 126', { tail: '126' }],
    [254700000001, { full: '254700000001' }],
    ['0112345678', { full: '254112345678' }],
    ['g'.repeat(64), undefined],
    ['600123', undefined],
    ['', undefined],
    [null, undefined],
    [['254700000001'], undefined],
  ])('shows the payer %o as %o', (MSISDN, phone) => {
    expect(parseC2bNotice(notice({ MSISDN })).phone).toEqual(phone);
  });

  it('with amounts and short codes as numbers, absent names and nulls is the same payment', () => {
    const body = notice({ TransAmount: 1, BusinessShortCode: 4000000, FirstName: null, InvoiceNumber: null, ThirdPartyTransID: null });
    expect(parseC2bNotice(body)).toEqual({ ...parseC2bNotice(CONFIRMED), names: '' });
  });

  it.each(['1e2', '0x10', '1 000', '-1', '0', '0.00', '10,00', '1.005', '', true, [1], {}, null, 2 ** 53])(
    'takes %o for no amount',
    (TransAmount) => {
      expect(parseC2bNotice(notice({ TransAmount }))).not.toHaveProperty('amountCents');
    },
  );

  it.each(['raj7 pfm0sh', 'RAJ', 'RAJ0000000', 'RAJ7PFM0SH;', ['RAJ7PFM0SH'], 7, null])('takes %o for no receipt', (TransID) => {
    expect(parseC2bNotice(notice({ TransID }))).not.toHaveProperty('transactionId');
  });

  it.each<[unknown, bigint]>([
    ['980.50', 98_050n],
    ['1,250.00', 125_000n],
    [' 1250.00 ', 125_000n],
    ['1,234,567', 123_456_700n],
  ])('reads the amount %o as a person would', (TransAmount, cents) => {
    expect(parseC2bNotice(notice({ TransAmount })).amountCents).toBe(cents);
  });

  it('reads a receipt in lower case, a short code with a space, a byte order mark and a form as the same payment', () => {
    const plain = parseC2bNotice(CONFIRMED);
    expect(parseC2bNotice(notice({ TransID: ' raj7pfm0sh' }))).toEqual(plain);
    expect(parseC2bNotice(notice({ BusinessShortCode: ' 400 0000 ' }))).toEqual(plain);
    expect(parseC2bNotice(`\uFEFF${CONFIRMED}`)).toEqual(plain);
    const form = new URLSearchParams(JSON.parse(CONFIRMED) as Record<string, string>).toString();
    expect(parseC2bNotice(form)).toEqual(plain);
  });

  it('knows a till by the words of production, and of the documents', () => {
    expect(parseC2bNotice(notice({ TransactionType: 'Customer Merchant Payment' })).kind).toBe('till');
  });

  it('keeps what the customer typed, but nothing that cannot be stored or turns the line', () => {
    const typed = (BillRefNumber: unknown) => parseC2bNotice(notice({ BillRefNumber })).reference;
    expect(typed(' ord-4k7q 2m ')).toBe('ord-4k7q 2m');
    expect(typed('A\u0000B\nC\u202eD')).toBe('A B C D');
    expect(typed('\ud800x')).toBe('\ufffdx');
    expect(typed(1234)).toBe('1234');
    expect(typed('x'.repeat(5_000))).toHaveLength(100);
    expect(typed('')).toBeUndefined();
    expect(typed(['x'])).toBeUndefined();
  });

  it.each(['', '<html>', 'null', '[]', '{"TransID":'.repeat(8_000), notice({ Extra: 'x'.repeat(100_000) })])(
    'that is unreadable is a notice of nothing',
    (body) => {
      expect(parseC2bNotice(body)).toEqual({ kind: 'unknown', names: '' });
    },
  );

  it('never throws when mutated, and invents neither amount, receipt nor short code', () => {
    let payments = 0;
    fc.assert(
      fc.property(mutated(recorded.map(read)), (body) => {
        const { transactionId, amountCents, shortcode } = parseC2bNotice(body);
        const plain = JSON.parse(body);
        if (transactionId !== undefined) expect(transactionId).toBe(plain.TransID.trim().toUpperCase());
        if (shortcode !== undefined) expect(shortcode).toBe(String(plain.BusinessShortCode).replaceAll(' ', ''));
        if (amountCents === undefined) return;
        payments++;
        expect(['number', 'string']).toContain(typeof plain.TransAmount);
        const plainly = String(plain.TransAmount).trim().replaceAll(',', '');
        expect(plainly).toMatch(/^\d+(\.\d\d?)?$/);
        expect(BigInt(Math.round(Number(plainly) * 100))).toBe(amountCents);
      }),
      { numRuns: MUTATIONS },
    );
    expect(payments).toBeGreaterThan(MUTATIONS / 100);
    fc.assert(
      fc.property(torn(recorded.map(read)), (body) => {
        expect(typeof parseC2bNotice(body).names).toBe('string');
      }),
      { numRuns: MUTATIONS },
    );
  });
});
