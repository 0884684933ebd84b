import type { InvoiceDocument } from '#shop/invoices/invoice-document.ts';

type Line = InvoiceDocument['lines'][number];

const lines: Line[] = [
  { description: 'Arabica kutoka Nyeri, 1 kg', quantity: 1, unitCents: 112_000n, grossCents: 112_000n, vatClass: 'B' },
  { description: 'Unga wa mahindi, 2 kg', quantity: 2, unitCents: 23_050n, grossCents: 46_100n, vatClass: 'C' },
  { description: 'Kikombe cha udongo', quantity: 1, unitCents: 4_000n, grossCents: 4_000n, vatClass: 'B' },
];

/** A sale of three lines, 1,160.00 at 16 % and 461.00 zero-rated; tests change what they are about. */
export function sampleDocument(changes: Partial<InvoiceDocument> = {}): InvoiceDocument {
  return {
    kind: 'invoice',
    number: 'INV-2026-000123',
    issuedAt: new Date('2026-11-21T21:30:00Z'),
    language: 'en',
    seller: {
      name: 'Duka la Kahawa',
      kraPin: 'P051234567X',
      address: ['Moi Avenue 12', '00100 Nairobi'],
      email: 'duka@example.co.ke',
      phone: '020 123 456',
    },
    buyer: { name: "Wanjikũ Ng'ang'a", email: 'wanjiku@example.co.ke', phoneMasked: '0712 ••• 678', kraPin: 'A001234567Z' },
    lines,
    vat: [
      { vatClass: 'B', ratePercent: '16', netCents: 100_000n, vatCents: 16_000n },
      { vatClass: 'C', ratePercent: '0', netCents: 46_100n, vatCents: 0n },
    ],
    totalCents: 162_100n,
    roundingCents: 0n,
    payment: {
      receipt: 'SKL7XY12AB',
      paidAt: new Date('2026-11-21T21:29:00Z'),
      reference: 'ORD-4K7Q2M',
      payerMasked: '0712 ••• 678',
      proof: 'proved',
    },
    ...changes,
  };
}

/** A sale of `count` lines of KES 10.00 at 16 %. */
export function longDocument(count: number): InvoiceDocument {
  const many = Array.from({ length: count }, (_, i): Line => ({ ...line('B'), description: `Bidhaa nambari ${i + 1}` }));
  const vat = [{ vatClass: 'B' as const, ratePercent: '16', netCents: BigInt(count) * 862n, vatCents: BigInt(count) * 138n }];
  return sampleDocument({ lines: many, vat, totalCents: BigInt(count) * 1000n });
}

/** One line of KES 10.00. */
export const line = (vatClass: Line['vatClass']): Line => ({
  description: 'Mchango',
  quantity: 1,
  unitCents: 1000n,
  grossCents: 1000n,
  vatClass,
});

/** Every text of a document replaced by `text`, so that no field is forgotten. */
export function withTextEverywhere(text: string): InvoiceDocument {
  const sample = sampleDocument();
  return sampleDocument({
    kind: 'credit_note',
    number: text,
    creditsNumber: text,
    seller: { name: text, kraPin: text, address: [text, text], email: text, phone: text, colour: text },
    buyer: { name: text, email: text, phoneMasked: text, kraPin: text },
    lines: sample.lines.map((l) => ({ ...l, description: text })),
    payment: { receipt: text, paidAt: sample.payment.paidAt, reference: text, payerMasked: text, proof: 'proved', standing: text },
    control: { unitSerial: text, invoiceNumber: text, signature: text, qrUrl: text, at: sample.issuedAt },
  });
}
