import { cleanLine } from '#ground/notify/clean-line.ts';
import { frameMail, type Html, html, printHtml, webUrl } from '#ground/notify/html.ts';
import { accentColour, InvoiceDocument, paidCents } from './invoice-document.ts';
import {
  headingOfPayment,
  type InvoiceWords,
  printKes,
  printMinute,
  printQuantity,
  standingOf,
  titleOf,
  wordsOf,
} from './invoice-words.ts';

type Links = { label: string; url: string }[];
/** What both parts of the mail say, cleaned and printed; a part only lays it out. */
type Content = {
  title: string;
  greeting: string;
  opening: string;
  lines: { what: string; amount: string }[];
  facts: { label: string; value: string; strong?: boolean }[];
  links: Links;
  closing: string[];
  seller: string;
};

/**
 * The mail that carries an invoice, receipt or credit note, in its language: a subject of one line without control characters, and a text and
 * an HTML part that say the same. Links that do not lead to a web page are left out. Throws when the document's parts do not add up.
 */
export function composeInvoiceEmail(
  input: InvoiceDocument,
  options: { statusUrl?: string | undefined; pdfUrl?: string | undefined } = {},
): { subject: string; text: string; html: string } {
  const document = InvoiceDocument.parse(input);
  const words = wordsOf(document);
  const content = contentOf(document, words, options);
  return {
    subject: cleanLine(`${content.title} ${words.from} ${content.seller}`, 150),
    text: layOutText(content),
    html: printHtml(layOutHtml(content, document.language, accentColour(document))),
  };
}

function contentOf(
  document: InvoiceDocument,
  words: InvoiceWords,
  urls: { statusUrl?: string | undefined; pdfUrl?: string | undefined },
): Content {
  const { payment } = document;
  const seller = cleanLine(document.seller.name, 80);
  const name = cleanLine(document.buyer.name ?? '', 80);
  const facts: Content['facts'] = [
    { label: words.total, value: printKes(document.totalCents), strong: true },
    ...(document.roundingCents > 0n ? [{ label: words.rounding, value: printKes(document.roundingCents) }] : []),
    ...(payment.paidAt
      ? [
          { label: headingOfPayment(document, words), value: printKes(paidCents(document)) },
          { label: words.code, value: payment.receipt === undefined ? words.codeFollows : cleanLine(payment.receipt, 40) },
          { label: words.paidOn, value: printMinute(words, payment.paidAt) },
        ]
      : []),
    { label: words.reference, value: cleanLine(payment.reference, 60) },
    ...(document.reason ? [{ label: words.reason, value: cleanLine(document.reason, 200) }] : []),
  ];
  if (document.creditsNumber) facts.unshift({ label: words.credits, value: cleanLine(document.creditsNumber, 40) });
  const links = [
    { label: words.seeStatus, url: webUrl(urls.statusUrl) },
    { label: words.download, url: webUrl(urls.pdfUrl) },
  ].flatMap(({ label, url }) => (url ? [{ label, url }] : []));
  return {
    title: `${titleOf(document)} ${cleanLine(document.number, 40)}`,
    greeting: name ? `${words.hello} ${name},` : `${words.hello},`,
    opening: cleanLine(`${openingOf(document, words)} ${words.attached}`, 600),
    lines: document.lines.map((line) => ({
      what:
        line.quantity === 1
          ? cleanLine(line.description, 120)
          : `${printQuantity(words, line.quantity)} × ${cleanLine(line.description, 120)}`,
      amount: printKes(line.grossCents),
    })),
    facts,
    links,
    closing: document.seller.email ? [`${words.questions} ${cleanLine(document.seller.email, 120)}`] : [],
    seller,
  };
}

/** Thanks only for a payment that came and stays; about any other the mail says what the customer's page says. */
function openingOf(document: InvoiceDocument, words: InvoiceWords): string {
  const { kind, payment } = document;
  if (kind === 'credit_note') return payment.paidAt ? words.refundSent : words.creditOnly;
  return standingOf(document, words) ?? words.thanks;
}

function layOutText({ title, greeting, opening, lines, facts, links, closing, seller }: Content): string {
  return [
    title,
    '',
    greeting,
    '',
    opening,
    '',
    ...lines.map((line) => `${line.what}: ${line.amount}`),
    '',
    ...facts.map((fact) => `${fact.label}: ${fact.value}`),
    '',
    ...links.flatMap((link) => [`${link.label}:`, link.url, '']),
    ...closing,
    seller,
    '',
  ].join('\n');
}

function layOutHtml({ title, greeting, opening, lines, facts, links, closing, seller }: Content, language: string, accent: string): Html {
  const row = (left: string, right: string, weight: 'normal' | 'bold', wrap: 'normal' | 'nowrap' = 'normal') => html`
<tr><td class="text" valign="top" style="padding:8px 12px 8px 0;border-bottom:1px solid #d9d9d9;color:#1a1a1a;font-weight:${weight};word-break:break-word">${left}</td>
<td class="text" valign="top" align="right" style="padding:8px 0;border-bottom:1px solid #d9d9d9;color:#1a1a1a;font-weight:${weight};white-space:${wrap};word-break:break-word">${right}</td></tr>`;
  return frameMail(
    { title, language, colour: accent },
    html`<p class="text" style="margin:0 0 8px;color:#1a1a1a">${greeting}</p>
<p class="text" style="margin:0 0 16px;color:#1a1a1a">${opening}</p>
<table width="100%" cellpadding="0" cellspacing="0" style="font-size:14px">${lines.map((line) => row(line.what, line.amount, 'normal', 'nowrap'))}</table>
<table width="100%" cellpadding="0" cellspacing="0" style="margin-top:16px;font-size:14px">${facts.map((fact) => row(fact.label, fact.value, fact.strong ? 'bold' : 'normal'))}</table>
${links.map((link) => html`<p style="margin:16px 0 0"><a class="text" href="${link.url}" style="color:#1a1a1a;font-weight:bold">${link.label}</a></p>`)}
${closing.map((line) => html`<p class="text" style="margin:16px 0 0;color:#1a1a1a">${line}</p>`)}
<p class="text" style="margin:4px 0 0;color:#1a1a1a">${seller}</p>`,
  );
}
