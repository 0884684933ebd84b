import { type Html, html } from './html.ts';

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
