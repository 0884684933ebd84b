import type { VatClass } from '../vat/vat.schema.ts';
import type { InvoiceDocument } from './invoice-document.ts';
import { isTaxInvoice } from './invoice-document.ts';

const en = {
  locale: 'en-KE',
  taxInvoice: 'Tax invoice',
  invoice: 'Invoice',
  receipt: 'Receipt',
  credit_note: 'Credit note',
  issued: 'Issued',
  credits: 'Credits invoice',
  reason: 'Reason',
  partDivided:
    'A part of the sale was refunded. It is divided in proportion over everything sold and not yet credited, each VAT class with its own VAT.',
  billedTo: 'Billed to',
  receivedFrom: 'Received from',
  issuedTo: 'Issued to',
  customer: 'Customer',
  kraPin: 'KRA PIN',
  description: 'Description',
  quantity: 'Qty',
  unitPrice: 'Unit price',
  vat: 'VAT',
  amount: 'Amount',
  vatClass: 'VAT class',
  beforeVat: 'Before VAT',
  pricesIncludeVat: 'Prices include VAT.',
  total: 'Total',
  rounding: 'Rounding to whole shillings',
  paid: { proved: 'Paid with M-PESA', told: 'Being confirmed with M-PESA', refuted: 'Not known to M-PESA' },
  status: 'Status',
  creditedWhole: { invoice: 'This invoice was credited in full by', receipt: 'This receipt was credited in full by' },
  creditedPart: { invoice: 'A part of this invoice was credited by', receipt: 'A part of this receipt was credited by' },
  refunded: 'Refunded with M-PESA',
  code: 'M-PESA code',
  codeFollows: 'follows',
  paidOn: 'Date',
  payer: 'From',
  payee: 'To',
  reference: 'Reference',
  controlUnit: 'Control unit',
  serial: 'Serial number',
  controlNumber: 'Invoice number',
  signature: 'Signature',
  signedOn: 'Date',
  check: 'Check this invoice',
  page: (n: number, of: number) => `Page ${n} of ${of}`,
  rates: { A: 'exempt', C: 'zero-rated', D: 'no VAT' },
  from: 'from',
  hello: 'Hello',
  thanks: 'Thank you for your payment.',
  refundSent: 'We have sent your money back.',
  creditOnly: 'This credit note cancels the invoice that it names.',
  attached: 'The PDF is attached.',
  seeStatus: 'See this payment',
  download: 'Download the PDF',
  questions: 'Questions? Write to',
};

export type InvoiceWords = typeof en;

const sw: InvoiceWords = {
  locale: 'sw-KE',
  taxInvoice: 'Ankara ya kodi',
  invoice: 'Ankara',
  receipt: 'Risiti',
  credit_note: 'Hati ya marejesho',
  issued: 'Imetolewa',
  credits: 'Inarejesha ankara',
  reason: 'Sababu',
  partDivided:
    'Sehemu ya mauzo imerudishwa. Imegawanywa kwa uwiano wa yote yaliyouzwa na ambayo bado hayajarudishwa, kila kundi na VAT yake.',
  billedTo: 'Imetolewa kwa',
  receivedFrom: 'Imepokelewa kutoka kwa',
  issuedTo: 'Imetolewa kwa',
  customer: 'Mteja',
  kraPin: 'PIN ya KRA',
  description: 'Maelezo',
  quantity: 'Idadi',
  unitPrice: 'Bei ya kimoja',
  vat: 'VAT',
  amount: 'Kiasi',
  vatClass: 'Kundi la VAT',
  beforeVat: 'Kabla ya VAT',
  pricesIncludeVat: 'Bei zinajumuisha VAT.',
  total: 'Jumla',
  rounding: 'Kufikisha shilingi kamili',
  paid: { proved: 'Imelipwa kwa M-PESA', told: 'Inathibitishwa na M-PESA', refuted: 'M-PESA haina malipo haya' },
  status: 'Hali',
  creditedWhole: { invoice: 'Ankara hii yote imefutwa na', receipt: 'Risiti hii yote imefutwa na' },
  creditedPart: { invoice: 'Sehemu ya ankara hii imefutwa na', receipt: 'Sehemu ya risiti hii imefutwa na' },
  refunded: 'Imerejeshwa kwa M-PESA',
  code: 'Nambari ya M-PESA',
  codeFollows: 'itafuata',
  paidOn: 'Tarehe',
  payer: 'Kutoka',
  payee: 'Kwa',
  reference: 'Rejea',
  controlUnit: 'Kifaa cha kudhibiti kodi',
  serial: 'Nambari ya kifaa',
  controlNumber: 'Nambari ya ankara',
  signature: 'Sahihi',
  signedOn: 'Tarehe',
  check: 'Hakiki ankara hii',
  page: (n, of) => `Ukurasa ${n} kati ya ${of}`,
  rates: { A: 'haitozwi', C: 'asilimia 0', D: 'bila VAT' },
  from: 'kutoka',
  hello: 'Habari',
  thanks: 'Asante kwa malipo yako.',
  refundSent: 'Tumekurudishia pesa zako.',
  creditOnly: 'Hati hii ya marejesho inafuta ankara iliyotajwa ndani yake.',
  attached: 'PDF imeambatishwa.',
  seeStatus: 'Angalia malipo haya',
  download: 'Pakua PDF',
  questions: 'Una swali? Andika kwa',
};

/** The labels of a document in its language. */
export const wordsOf = (document: InvoiceDocument): InvoiceWords => (document.language === 'sw' ? sw : en);

/** What the document calls itself; "Tax invoice" only where it may. */
export function titleOf(document: InvoiceDocument): string {
  const words = wordsOf(document);
  return isTaxInvoice(document) ? words.taxInvoice : words[document.kind];
}

/** The heading of the box about the payment, and the label of the amount in it. */
export function headingOfPayment({ kind, payment }: InvoiceDocument, words: InvoiceWords): string {
  if (kind !== 'credit_note') return words.paid[payment.proof];
  return payment.paidAt ? words.refunded : words.credit_note;
}

/** What became of the payment of an invoice or receipt, where it is not simply paid, and which credit notes have taken it back. */
export function standingOf({ kind, payment, credited }: InvoiceDocument, words: InvoiceWords): string | undefined {
  if (kind === 'credit_note') return undefined;
  const by = credited && `${words[credited.whole ? 'creditedWhole' : 'creditedPart'][kind]} ${credited.by.join(', ')}.`;
  return [payment.standing, by].filter(Boolean).join(' ') || undefined;
}

/** The VAT class of a line: "B 16%", and the letter alone where no rate applies. */
export const printRate = (vatClass: VatClass, ratePercent: string): string =>
  vatClass === 'B' || vatClass === 'E' ? `${vatClass} ${ratePercent}%` : vatClass;

/** The VAT class in the summary: "B 16%", "C zero-rated". */
export const describeRate = (words: InvoiceWords, vatClass: VatClass, ratePercent: string): string =>
  vatClass === 'B' || vatClass === 'E' ? printRate(vatClass, ratePercent) : `${vatClass} ${words.rates[vatClass]}`;

/** Cents as "KES 1,250.00": with two decimals always, unlike `kes`, so that the amounts of a column stand below each other. */
export function printKes(cents: bigint): string {
  const shillings = (cents / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  return `KES ${shillings}.${(cents % 100n).toString().padStart(2, '0')}`;
}

/** A quantity with at most three decimals, without the noise of a float. */
export const printQuantity = (words: InvoiceWords, quantity: number): string =>
  new Intl.NumberFormat(words.locale, { maximumFractionDigits: 3 }).format(quantity);

/** The day in Nairobi, such as "22 November 2026". */
export const printDay = (words: InvoiceWords, at: Date): string =>
  new Intl.DateTimeFormat(words.locale, { timeZone: 'Africa/Nairobi', dateStyle: 'long' }).format(at);

/** The minute in Nairobi, such as "21 November 2026, 14:05". */
export const printMinute = (words: InvoiceWords, at: Date): string =>
  `${printDay(words, at)}, ${new Intl.DateTimeFormat(words.locale, { timeZone: 'Africa/Nairobi', timeStyle: 'short', hourCycle: 'h23' }).format(at)}`;
