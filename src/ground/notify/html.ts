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
