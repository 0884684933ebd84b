import { extractText, getDocumentProxy } from 'unpdf';
import { describe, expect, it } from 'vitest';
import type { InvoiceDocument } from '#shop/invoices/invoice-document.ts';
import { renderInvoicePdf } from '#shop/invoices/render-pdf.ts';
import { line, longDocument, sampleDocument, withTextEverywhere } from './sample-document.ts';

/** The text of each page with white space joined, and what the file says about itself. */
async function read(document: InvoiceDocument) {
  const bytes = await renderInvoicePdf(document);
  const size = bytes.length;
  const raw = Buffer.from(bytes).toString('latin1');
  const pdf = await getDocumentProxy(bytes);
  const { text } = await extractText(pdf);
  const { info } = (await pdf.getMetadata()) as unknown as { info: Record<string, unknown> };
  return { pdf, size, raw, info, pages: text.map((page) => page.replace(/\s+/g, ' ')), all: text.join(' ').replace(/\s+/g, ' ') };
}

/** Pairs of pieces of text on one page that cover each other. */
async function overlaps(document: InvoiceDocument) {
  const { pdf } = await read(document);
  const found: string[] = [];
  for (let n = 1; n <= pdf.numPages; n++) {
    const { items } = await (await pdf.getPage(n)).getTextContent();
    const boxes = items.flatMap((item) => {
      if (!('str' in item) || item.str.trim() === '' || /^\p{M}+$/u.test(item.str)) return [];
      const [, , , height = 0, x = 0, y = 0] = item.transform as number[];
      return [{ text: item.str, left: x, right: x + item.width, bottom: y, top: y + height * 0.7 }];
    });
    for (const box of boxes) if (box.right > 549 || box.left < 46 || box.bottom < 30) found.push(`outside: ${box.text}`);
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1))
        if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.bottom < b.top - 0.5 && b.bottom < a.top - 0.5)
          found.push(`${a.text} / ${b.text}`);
  }
  return found;
}

const large = 11n ** 40n;
const largeAmounts = sampleDocument({
  lines: Array.from({ length: 4 }, () => ({ ...line('A'), unitCents: large, grossCents: large })),
  vat: [{ vatClass: 'A', ratePercent: '0', netCents: 4n * large, vatCents: 0n }],
  totalCents: 4n * large,
});

describe('an invoice as PDF', () => {
  it('names both parties, every line, the VAT, the total and the M-PESA code', async () => {
    const { all } = await read(sampleDocument());
    for (const text of [
      'Tax invoice INV-2026-000123',
      'Duka la Kahawa KRA PIN P051234567X',
      "Wanjikũ Ng'ang'a",
      'KRA PIN A001234567Z',
      'Unga wa mahindi, 2 kg 2 KES 230.50 C KES 461.00',
      'B 16% KES 1,000.00 KES 160.00',
      'Total KES 1,621.00',
      'M-PESA code SKL7XY12AB',
      'From 0712 ••• 678',
      'Page 1 of 1',
    ])
      expect(all).toContain(text);
  });

  it.each(["Wanjikũ Ng'ang'a", 'Mũthoni wa Kĩlonzo', 'Ng’endo – “Shĩrũ”', 'Nyambură Ørsted-Łuczak · Šimůnek', 'Ŋɔr Ɛbɔɣ', 'Mu\u0303thoni'])(
    'prints the name %s as it is written',
    async (name) => {
      expect((await read(sampleDocument({ buyer: { name } }))).all).toContain(name.normalize('NFC'));
    },
  );

  it.each([
    ['☕ Café', '? Café'],
    ['👩🏾‍🌾 Farm', '? Farm'],
    ['Мария', '?????'],
    ['漢字', '??'],
    ['ﬁlter', 'filter'],
    ['a\u202Eevil\u0000\nb', 'aevil b'],
    ['\ud800 lone', '? lone'],
    ['2x3 -> 6', '2x3 -> 6'],
  ])('shows %j as %j, never nothing', async (name, shown) => {
    expect((await read(sampleDocument({ buyer: { name } }))).all).toContain(`Billed to ${shown} Description`);
  });

  it('carries title, language, tags and its own date, and is small', async () => {
    const { info, raw, size } = await read(sampleDocument());
    expect(info).toMatchObject({
      Title: 'Tax invoice INV-2026-000123, Duka la Kahawa',
      Language: 'en-KE',
      CreationDate: 'D:20261121213000Z',
    });
    for (const mark of ['/Marked true', '/StructTreeRoot', '/S /H1', '/S /TH', '/Scope /Column', '/FontFile2', '/DisplayDocTitle true'])
      expect(raw).toContain(mark);
    expect(size).toBeLessThan(30_000);
  });

  it('gives the same bytes for the same document', async () => {
    expect(Buffer.from(await renderInvoicePdf(sampleDocument()))).toEqual(Buffer.from(await renderInvoicePdf(sampleDocument())));
  });

  it('flows over pages with the header row again, each line once and the page numbers', async () => {
    const { pages, all, size } = await read(longDocument(60));
    expect(pages).toHaveLength(3);
    for (const [i, page] of pages.entries()) {
      expect(page).toContain('Description Qty Unit price VAT Amount');
      expect(page).toContain(`Page ${i + 1} of 3`);
    }
    for (let n = 1; n <= 60; n++) expect(all.split(`Bidhaa nambari ${n} `)).toHaveLength(2);
    expect(all).toContain('Total KES 600.00');
    expect(size).toBeLessThan(70_000);
  });

  it('says everything in Swahili when asked', async () => {
    const { all, info } = await read(sampleDocument({ language: 'sw', roundingCents: 50n }));
    expect(info.Language).toBe('sw-KE');
    for (const text of [
      'Ankara ya kodi',
      'Imetolewa: 22 Novemba 2026',
      'Jumla KES 1,621.00',
      'Imelipwa kwa M-PESA KES 1,621.50',
      'Ukurasa 1 kati ya 1',
    ])
      expect(all).toContain(text);
    expect(all).not.toMatch(/Invoice|Total|Page|Paid/);
  });

  it('says that the M-PESA code follows while it is unknown', async () => {
    const { receipt: _, ...payment } = sampleDocument().payment;
    expect((await read(sampleDocument({ payment }))).all).toContain('M-PESA code follows');
  });

  it('shows the control unit only when one answered', async () => {
    const control = {
      unitSerial: 'KRAMW01',
      invoiceNumber: '0170',
      signature: 'SIG-1',
      qrUrl: 'https://example.co.ke/q?1',
      at: new Date(0),
    };
    expect((await read(sampleDocument())).all).not.toMatch(/control unit|signature/i);
    const { all, raw } = await read(sampleDocument({ control }));
    expect(raw).toMatch(/\/S \/Figure\s+\/Alt \(Check this invoice\)/);
    for (const text of ['Control unit', 'KRAMW01', '0170', 'SIG-1', 'https://example.co.ke/q?1']) expect(all).toContain(text);
  });

  it('leaves VAT out of a receipt', async () => {
    const vat = [{ vatClass: 'D' as const, ratePercent: '0', netCents: 1000n, vatCents: 0n }];
    for (const none of [[], vat]) {
      const { all } = await read(sampleDocument({ kind: 'receipt', lines: [line('D')], vat: none, totalCents: 1000n }));
      expect(all).toContain('Receipt INV-2026-000123');
      expect(all).not.toContain('VAT');
    }
  });

  it.each([
    ['three lines', sampleDocument()],
    ['sixty lines', longDocument(60)],
    ['text of nothing but wide letters', withTextEverywhere('W'.repeat(2000))],
    ['text of many words', withTextEverywhere('kahawa ya Nyeri '.repeat(80))],
    ['text of stacked marks', withTextEverywhere(`a${'\u0301'.repeat(5000)}`)],
    ['amounts too wide for their column', largeAmounts],
    [
      'a payment that is only told, rounded and credited by many notes',
      sampleDocument({
        ...{
          language: 'sw',
          roundingCents: 50n,
          credited: { by: Array.from({ length: 12 }, (_, i) => `CRN-2026-0000${10 + i}`), whole: false },
        },
        payment: {
          ...{ ...sampleDocument().payment, proof: 'told' },
          standing: 'Tumearifiwa kwamba umelipa, na malipo yanahesabiwa. Bado tunathibitisha na M-PESA; usilipe tena.',
        },
      }),
    ],
    ['no names at all', sampleDocument({ buyer: {}, seller: { name: 'U', address: [] } })],
  ])('keeps every text in its place with %s', async (_, document) => {
    expect(await overlaps(document)).toEqual([]);
  });

  it('refuses to print a total that is not the sum of its lines', async () => {
    await expect(async () => renderInvoicePdf(sampleDocument({ totalCents: 162_101n }))).rejects.toThrow('sum of the lines');
  });
});
