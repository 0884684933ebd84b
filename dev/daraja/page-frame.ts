import type { Answer } from './wire.ts';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text made safe for HTML and its attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

/** A page of the simulator. `title` is text; `main` is HTML whose parts are escaped already. Nothing is loaded from elsewhere. */
export function htmlPage(title: string, main: string, script?: string): Answer {
  const scriptTag = script === undefined ? '' : `<script src="${script}" type="module"></script>`;
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'",
    },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/pages/simulator.css">
${scriptTag}
</head>
<body>
<header><a href="/">M-PESA simulator</a> <nav><a href="/handset">Handset</a></nav></header>
<main>
${main}
</main>
</body>
</html>
`,
  };
}
