import { describe, expect, it } from 'vitest';
import { accentColour, InvoiceDocument, invoiceFileName, isTaxInvoice, paidCents } from '#shop/invoices/invoice-document.ts';
import { printKes, printMinute, titleOf, wordsOf } from '#shop/invoices/invoice-words.ts';
import { line, sampleDocument } from './sample-document.ts';

const oneLine = (vatClass: 'A' | 'B' | 'C' | 'D' | 'E') =>
  sampleDocument({ lines: [line(vatClass)], vat: [{ vatClass, ratePercent: '0', netCents: 1000n, vatCents: 0n }], totalCents: 1000n });

describe('a document', () => {
  it('is a tax invoice only with a KRA PIN and something taxable', () => {
    expect((['A', 'B', 'C', 'D', 'E'] as const).filter((vatClass) => isTaxInvoice(oneLine(vatClass)))).toEqual(['B', 'C', 'E']);
    expect(isTaxInvoice(sampleDocument({ seller: { name: 'Duka', address: [] } }))).toBe(false);
    expect(isTaxInvoice(sampleDocument({ kind: 'receipt' }))).toBe(false);
    expect(titleOf(sampleDocument({ vat: [] }))).toBe('Invoice');
  });

  it.each([
    ['a total beside its lines', { totalCents: 1n }],
    ['VAT beside its lines', { vat: [{ vatClass: 'B', ratePercent: '16', netCents: 1n, vatCents: 1n }] }],
    ['a credit note of nothing', { kind: 'credit_note' }],
    ['no lines', { lines: [], totalCents: 0n, vat: [] }],
    ['a negative rounding', { roundingCents: -1n }],
    ['a rate that is no number', { vat: [{ vatClass: 'B', ratePercent: '<b>', netCents: 100_000n, vatCents: 16_000n }] }],
  ])('is refused with %s', (_, changes) => {
    expect(InvoiceDocument.safeParse(sampleDocument()).success).toBe(true);
    expect(InvoiceDocument.safeParse({ ...sampleDocument(), ...changes }).success).toBe(false);
  });

  it('was paid with its total and the rounding', () => expect(paidCents(sampleDocument({ roundingCents: 50n }))).toBe(162_150n));

  it.each(['red', '#12', '#0b7a3b;background:url(x)', '', 'javascript:'])('falls back to the default colour for %j', (colour) => {
    expect(accentColour(sampleDocument({ seller: { name: 'D', address: [], colour } }))).toBe('#0b7a3b');
  });

  it('keeps a proper colour', () =>
    expect(accentColour(sampleDocument({ seller: { name: 'D', address: [], colour: '#7A0B5B' } }))).toBe('#7A0B5B'));
});

describe('invoiceFileName', () => {
  it.each([
    ['INV-2026-000123', 'INV-2026-000123.pdf'],
    ['../../etc/passwd', 'etc-passwd.pdf'],
    ['a"\r\nX: y', 'a-X-y.pdf'],
    ['漢字', 'invoice.pdf'],
  ])('makes of %j the name %s', (number, name) => expect(invoiceFileName(number)).toBe(name));
});

describe('printing', () => {
  it.each([
    [0n, 'KES 0.00'],
    [5n, 'KES 0.05'],
    [125_000n, 'KES 1,250.00'],
    [100_000_000_001n, 'KES 1,000,000,000.01'],
  ])('prints %s cents as %s', (cents, text) => expect(printKes(cents)).toBe(text));

  it('prints the time of Nairobi', () => {
    const words = wordsOf(sampleDocument());
    expect(printMinute(words, new Date('2026-11-21T21:30:00Z'))).toBe('22 November 2026, 00:30');
  });
});
