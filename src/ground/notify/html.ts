const markup = Symbol('markup');

/** Markup made by `html` alone: the symbol cannot come from JSON, so no text passes for markup. */
export type Html = { readonly [markup]: string };

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
  '=': '&#61;',
  '{': '&#123;', // a mail service may read {{...}} as its own template
  '}': '&#125;',
};

const escapeText = (text: string) => text.replace(/[&<>"'`={}]/g, (char) => ENTITIES[char] ?? char);

const toMarkup = (value: string | Html | readonly Html[]): string => {
  if (typeof value === 'string') return escapeText(value);
  return markup in value ? value[markup] : value.map(toMarkup).join('');
};

/** The only way to make HTML: every inserted text is escaped for elements and for quoted attributes. URLs go through `webUrl` first. */
export const html = (strings: TemplateStringsArray, ...values: (string | Html | readonly Html[])[]): Html => ({
  [markup]: strings.reduce((whole, string, i) => whole + toMarkup(values[i - 1] ?? '') + string),
});

/** The finished text of the markup. */
export const printHtml = (page: Html): string => page[markup];

/** The URL if it is http(s), so that no link runs a script; otherwise undefined. */
export function webUrl(url: string | undefined): string | undefined {
  const parsed = url === undefined ? null : URL.parse(url);
  return parsed && /^https?:$/.test(parsed.protocol) && !parsed.username ? parsed.href : undefined;
}

/**
 * The frame of a mail: a card under a line of the organisation's colour. Tables and inline styles, which every mail program draws; the dark
 * rules only override colours.
 */
export const frameMail = (
  { title, language, colour }: { title: string; language: string; colour: string },
  content: Html,
): Html => html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${title}</title>
<style>@media (prefers-color-scheme: dark) { .page { background: #161a18 !important } .card { background: #202624 !important } .text { color: #f2f2f2 !important } }</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f5f4">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f4"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border-top:6px solid ${colour};font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5"><tr><td style="padding:24px;word-break:break-word">
<h1 class="text" style="margin:0 0 16px;font-size:20px;line-height:1.3;color:#1a1a1a">${title}</h1>
${content}
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
