import { webUrl } from '#ground/notify/html.ts';
import { drawBox, type Field } from './draw-box.ts';
import { drawTable } from './draw-table.ts';
import { accentColour, InvoiceDocument, paidCents, showsVat } from './invoice-document.ts';
import {
  describeRate,
  headingOfPayment,
  type InvoiceWords,
  printDay,
  printKes,
  printMinute,
  printQuantity,
  printRate,
  standingOf,
  titleOf,
  wordsOf,
} from './invoice-words.ts';
import { closePage, drawArtifact, drawText, ink, makeRoom, openPage, type Page, type TextStyle } from './pdf-page.ts';

/**
 * Draws an invoice, receipt or credit note as a tagged A4 PDF in its own language and resolves with the bytes; the same document always gives
 * the same bytes. Throws when the document's parts do not add up.
 */
export function renderInvoicePdf(input: InvoiceDocument): Promise<Uint8Array> {
  const document = InvoiceDocument.parse(input);
  const words = wordsOf(document);
  const title = `${titleOf(document)} ${document.number}`;
  const page = openPage({
    title: `${title}, ${document.seller.name}`,
    author: document.seller.name,
    lang: words.locale,
    at: document.issuedAt,
  });

  let y = drawParties(page, document, words);
  y = drawLines(page, document, words, y + 22);
  y = drawSums(page, document, words, y + 12);
  y = drawBox(page, y + 20, headingOfPayment(document, words), paymentFields(document, words));
  const { control } = document;
  if (control) drawBox(page, y + 12, words.controlUnit, controlFields(control, words), { url: webUrl(control.qrUrl), alt: words.check });

  const about = page.printable(`${document.number} · ${document.seller.name}`);
  return closePage(page, (n, of) => [about, words.page(n, of)]);
}

/** Title and buyer on the left, seller on the right. */
function drawParties(page: Page, document: InvoiceDocument, words: InvoiceWords): number {
  const { doc, root, left, width, printable } = page;
  const { seller, buyer } = document;
  const half = width / 2 - 12;
  drawArtifact(page, () => doc.rect(0, 0, doc.page.width, 6).fill(accentColour(document)));

  const right = left + width - half;
  let sellerY = drawText(
    page,
    root,
    'P',
    printable(seller.name),
    { x: right, y: 46, width: half },
    { size: 11, bold: true, align: 'right' },
  );
  const pin = seller.kraPin && `${words.kraPin} ${seller.kraPin}`;
  for (const text of [pin, ...seller.address.slice(0, 6), seller.email, seller.phone])
    if (text)
      sellerY = drawText(page, root, 'P', printable(text), { x: right, y: sellerY, width: half }, { colour: ink.soft, align: 'right' });

  let y = drawText(page, root, 'H1', titleOf(document), { x: left, y: 42, width: half }, { size: 22, bold: true });
  y = drawText(page, root, 'P', printable(document.number), { x: left, y: y + 2, width: half }, { size: 11 });
  const dated = [`${words.issued}: ${printDay(words, document.issuedAt)}`];
  if (document.creditsNumber) dated.push(`${words.credits}: ${printable(document.creditsNumber)}`);
  for (const text of dated) y = drawText(page, root, 'P', text, { x: left, y, width: half }, { colour: ink.soft });

  const { proof } = document.payment;
  const label = document.kind !== 'receipt' ? words.billedTo : proof === 'proved' ? words.receivedFrom : words.issuedTo;
  y = drawText(page, root, 'P', label, { x: left, y: y + 18, width: half }, { size: 8.5, bold: true, colour: ink.soft });
  y = drawText(page, root, 'P', printable(buyer.name?.trim() || words.customer), { x: left, y, width: half }, { size: 11, bold: true });
  const buyerPin = buyer.kraPin && `${words.kraPin} ${buyer.kraPin}`;
  for (const text of [buyerPin, buyer.email, buyer.phoneMasked])
    if (text) y = drawText(page, root, 'P', printable(text), { x: left, y, width: half }, { colour: ink.soft });
  return Math.max(y, sellerY);
}

function drawLines(page: Page, document: InvoiceDocument, words: InvoiceWords, y: number): number {
  const columns = [
    { title: words.description, width: page.width - 306 },
    { title: words.quantity, width: 50, align: 'right' as const },
    { title: words.unitPrice, width: 100, align: 'right' as const },
    { title: words.vat, width: 56, align: 'right' as const },
    { title: words.amount, width: 100, align: 'right' as const },
  ];
  const withVat = showsVat(document);
  const shown = withVat ? columns : columns.filter((column) => column.title !== words.vat);
  if (!withVat && shown[0]) shown[0].width += 56;
  const rates = new Map(document.vat.map((v) => [v.vatClass, printRate(v.vatClass, v.ratePercent)]));
  const rows = document.lines.map((line) => {
    const vat = withVat ? [rates.get(line.vatClass) ?? line.vatClass] : [];
    return [
      page.printable(line.description, 300),
      printQuantity(words, line.quantity),
      printKes(line.unitCents),
      ...vat,
      printKes(line.grossCents),
    ];
  });
  return drawTable(page, { x: page.left, y }, shown, rows);
}

/** The VAT of each class on the left, the totals on the right. */
function drawSums(page: Page, document: InvoiceDocument, words: InvoiceWords, y: number): number {
  const { left, width, root } = page;
  const top = makeRoom(page, y, (document.isPart ? 90 : 60) + 24 * document.vat.length);
  let vatY = top;
  if (showsVat(document)) {
    const columns = [
      { title: words.vatClass, width: 76 },
      { title: words.beforeVat, width: 96, align: 'right' as const },
      { title: words.vat, width: 88, align: 'right' as const },
    ];
    const rows = document.vat.map((v) => [describeRate(words, v.vatClass, v.ratePercent), printKes(v.netCents), printKes(v.vatCents)]);
    vatY = drawTable(page, { x: left, y: top }, columns, rows);
    const about = document.isPart ? `${words.pricesIncludeVat} ${words.partDivided}` : words.pricesIncludeVat;
    vatY = drawText(page, root, 'P', about, { x: left + 6, y: vatY + 6, width: 250 }, { size: 8, colour: ink.soft });
  }
  const sum = (at: number, label: string, cents: bigint, style: TextStyle & { label: number }) => {
    const x = left + 276;
    const amount = { x: x + style.label, y: at, width: width - 282 - style.label };
    const labelY = drawText(page, root, 'P', label, { x, y: at, width: style.label }, style);
    return Math.max(labelY, drawText(page, root, 'P', printKes(cents), amount, { ...style, align: 'right', figures: true }));
  };
  let totalY = sum(top + 4, words.total, document.totalCents, { label: 60, size: 13, bold: true });
  if (document.roundingCents > 0n) {
    totalY = sum(totalY + 4, words.rounding, document.roundingCents, { label: 130 });
    if (document.payment.paidAt)
      totalY = sum(totalY + 2, headingOfPayment(document, words), paidCents(document), { label: 130, bold: true });
  }
  return Math.max(vatY, totalY);
}

function paymentFields(document: InvoiceDocument, words: InvoiceWords): Field[] {
  const { payment, kind, creditsNumber } = document;
  const reference: Field = [words.reference, payment.reference];
  const reason: Field = [words.reason, document.reason];
  if (!payment.paidAt) return [[words.credits, creditsNumber], reference, reason];
  return [
    [words.code, payment.receipt ?? words.codeFollows],
    [words.paidOn, printMinute(words, payment.paidAt)],
    [words.amount, printKes(paidCents(document))],
    [kind === 'credit_note' ? words.payee : words.payer, payment.payerMasked],
    reference,
    reason,
    [words.status, standingOf(document, words)],
  ];
}

function controlFields(control: NonNullable<InvoiceDocument['control']>, words: InvoiceWords): Field[] {
  return [
    [words.serial, control.unitSerial],
    [words.controlNumber, control.invoiceNumber],
    [words.signedOn, printMinute(words, control.at)],
    [words.signature, control.signature],
    [words.check, control.qrUrl],
  ];
}
