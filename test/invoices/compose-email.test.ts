import { describe, expect, it } from 'vitest';
import { html, printHtml, webUrl } from '#ground/notify/html.ts';
import { composeInvoiceEmail } from '#shop/invoices/compose-email.ts';
import { sampleDocument, withTextEverywhere } from './sample-document.ts';

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title><style>*{display:none}</style>',
  '<!-- --> ]]> &lt;script&gt;',
  'Duka\r\nBcc: victim@example.com',
  'Duka\u2028Bcc: victim@example.com\u0085X: y\u000bZ\u0000',
  '\u202Egpj.exe\u2066\u200b\ufeff',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of someone else
  '{{secret}} {{{secret}}} ${secret} <%= secret %> -name-',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  `${'W'.repeat(5000)}`,
  '☕👩🏾‍🌾🇰🇪',
  '\ud800',
  '`=`',
];

/** The tags and attributes of a page, in order: what is left of it when all text is taken out. */
const skeleton = (page: string) => (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/lang="\w+"/, ''));
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const unseen = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff]/;

describe('the mail of an invoice', () => {
  it('says in both parts who, what, how much and which M-PESA code', () => {
    const mail = composeInvoiceEmail(sampleDocument({ roundingCents: 50n }), {
      statusUrl: 'https://duka.co.ke/p/1?a=1&b=2',
      pdfUrl: 'https://duka.co.ke/i.pdf',
    });
    expect(mail.subject).toBe('Tax invoice INV-2026-000123 from Duka la Kahawa');
    for (const text of [
      'Tax invoice INV-2026-000123',
      'Unga wa mahindi, 2 kg',
      'KES 461.00',
      'KES 1,621.00',
      'Rounding to whole shillings',
      'KES 1,621.50',
      'SKL7XY12AB',
      '22 November 2026, 00:29',
    ]) {
      expect(mail.text).toContain(text);
      expect(mail.html).toContain(text);
    }
    expect(mail.text).toContain("Hello Wanjikũ Ng'ang'a,");
    expect(mail.text).toContain('https://duka.co.ke/p/1?a=1&b=2');
    expect(mail.html).toContain('href="https://duka.co.ke/p/1?a&#61;1&amp;b&#61;2"');
  });

  it('speaks Swahili, also in the subject, and says that the code follows', () => {
    const { receipt: _, ...payment } = sampleDocument().payment;
    const mail = composeInvoiceEmail(sampleDocument({ language: 'sw', payment }));
    expect(mail.subject).toBe('Ankara ya kodi INV-2026-000123 kutoka Duka la Kahawa');
    expect(mail.text).toContain('Asante kwa malipo yako. PDF imeambatishwa.');
    expect(mail.text).toContain('Nambari ya M-PESA: itafuata');
    expect(mail.html).toContain('<html lang="sw">');
    expect(mail.text).not.toMatch(/Hello|Total|Thank|Invoice/);
  });

  it('names the credited invoice and the money sent back', () => {
    const mail = composeInvoiceEmail(sampleDocument({ kind: 'credit_note', creditsNumber: 'INV-2026-000100' }));
    expect(mail.text).toContain('We have sent your money back.');
    expect(mail.text).toContain('Credits invoice: INV-2026-000100');
  });

  it('says nothing of money sent back where none was', () => {
    const { reference, payerMasked, proof } = sampleDocument().payment;
    const none = { kind: 'credit_note', creditsNumber: 'INV-2026-000100', payment: { reference, payerMasked, proof } } as const;
    const mail = composeInvoiceEmail(sampleDocument(none));
    expect(mail.text).toContain('This credit note cancels the invoice that it names.');
    expect(mail.text).toContain('Credits invoice: INV-2026-000100');
    expect(mail.text).not.toMatch(/sent your money|Refunded|M-PESA/);
    expect(() => composeInvoiceEmail(sampleDocument({ payment: none.payment }))).toThrow('only a credit note');
  });

  it.each([
    ['en', 'We were notified that you paid, and it counts.', 'Being confirmed with M-PESA: KES 1,621.00', /Thank you|Paid with M-PESA/],
    ['sw', 'Tumearifiwa kwamba umelipa, na malipo yanahesabiwa.', 'Inathibitishwa na M-PESA: KES 1,621.00', /Asante|Imelipwa kwa M-PESA/],
  ] as const)('says of money that is only told what the page says (%s)', (language, standing, sum, untrue) => {
    const mail = composeInvoiceEmail(sampleDocument({ language, payment: { ...sampleDocument().payment, proof: 'told', standing } }));
    for (const part of [mail.text, mail.html]) {
      expect(part).toContain(standing);
      expect(part).not.toMatch(untrue);
    }
    expect(mail.text).toContain(sum);
  });

  it.each([
    ['en', 'invoice', true, 'This invoice was credited in full by CRN-2026-000001, CRN-2026-000003.'],
    ['en', 'receipt', false, 'A part of this receipt was credited by CRN-2026-000001, CRN-2026-000003.'],
    ['sw', 'receipt', true, 'Risiti hii yote imefutwa na CRN-2026-000001, CRN-2026-000003.'],
    ['sw', 'invoice', false, 'Sehemu ya ankara hii imefutwa na CRN-2026-000001, CRN-2026-000003.'],
  ] as const)('names the credit notes that have taken it back, and thanks for nothing (%s %s)', (language, kind, whole, words) => {
    const credited = { by: ['CRN-2026-000001', 'CRN-2026-000003'], whole };
    const mail = composeInvoiceEmail(sampleDocument({ language, kind, credited }));
    expect(mail.text).toContain(words);
    expect(mail.html).toContain(words);
    expect(mail.text).not.toMatch(/Thank you|Asante/);
  });

  it('loads nothing from outside', () => {
    const { html: page } = composeInvoiceEmail(sampleDocument());
    expect(page).not.toMatch(/<img|<script|<link|@import|url\(|https?:/);
  });

  it.each(hostile)('turns no text into markup: %j', (text) => {
    const harmless = withTextEverywhere('a');
    const mail = composeInvoiceEmail(withTextEverywhere(text), { statusUrl: text, pdfUrl: text });
    expect(skeleton(mail.html)).toEqual(skeleton(composeInvoiceEmail(harmless).html));
    expect(mail.html.replace(/<style>.*<\/style>/, '')).not.toMatch(/[{}]/);
    expect(mail.html.replaceAll('\n', '')).not.toMatch(unseen);
    expect(mail.html.length).toBeLessThan(40_000);
  });

  it.each(hostile)('keeps subject and text free of new lines and hidden characters: %j', (text) => {
    const mail = composeInvoiceEmail(withTextEverywhere(text));
    expect(mail.subject).not.toMatch(unseen);
    expect(mail.subject.isWellFormed()).toBe(true);
    expect(Array.from(new Intl.Segmenter().segment(mail.subject)).length).toBeLessThanOrEqual(150);
    expect(mail.text.replaceAll('\n', '')).not.toMatch(unseen);
    expect(mail.text.split('\n').length).toBe(composeInvoiceEmail(withTextEverywhere('a')).text.split('\n').length);
  });
});

describe('html', () => {
  it('takes no object that only looks like markup', () => {
    const forged = JSON.parse('{"markup":"<b>","html":"<b>"}');
    expect(() => html`${forged}`).toThrow();
    expect(printHtml(html`<p title="${`"'&`}">${html`<b>${'<'}</b>`}${[html`<i></i>`, html`<u></u>`]}</p>`)).toBe(
      '<p title="&quot;&#39;&amp;"><b>&lt;</b><i></i><u></u></p>',
    );
  });
});

describe('webUrl', () => {
  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    '//evil.example',
    'https://duka.co.ke@evil.example',
    '',
    'x',
  ])('refuses %j', (url) => {
    expect(webUrl(url)).toBeUndefined();
  });
  it('passes a page of the web', () => expect(webUrl('https://duka.co.ke/p/1')).toBe('https://duka.co.ke/p/1'));
});
