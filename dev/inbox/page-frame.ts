/** Safe in text and in quoted attributes. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Lets the page load nothing from anywhere else and run no script but its own. */
export const pagePolicy = (nonce: string) =>
  `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dde3, #3a424c); --soft: light-dark(#5b6570, #a6b0bb); --chosen: light-dark(#e8f3ec, #1d3327); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#fff, #14181d); color: light-dark(#14181d, #eef1f4); }
header { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: .75rem 1rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.1rem; margin: 0; }
button { font: inherit; flex: none; min-height: 44px; padding: 0 1rem; border: 1px solid var(--line); border-radius: .5rem; background: none; color: inherit; cursor: pointer; }
.empty { padding: 3rem 1rem; text-align: center; color: var(--soft); }`;

const SCRIPT = `
const shown = document.body.dataset.newest;
setInterval(async () => {
  const messages = await fetch('/messages').then((response) => response.json()).catch(() => undefined);
  if (messages && (messages.at(-1)?.id ?? '') !== shown) location.reload();
}, 2000);
document.querySelector('button')?.addEventListener('click', async () => {
  await fetch('/messages', { method: 'DELETE' });
  location.assign('/');
});`;

/** An inbox as a page that reloads when a message comes: `main` is what it holds, `newest` the id of the last that came, if any. */
export function pageFrame(page: {
  title: string;
  heading: string;
  style: string;
  main: string;
  newest: string | undefined;
  nonce: string;
}): string {
  const { title, heading, style, main, newest, nonce } = page;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}${style}</style></head>
<body data-newest="${escapeHtml(newest ?? '')}">
<header><h1>${heading}</h1>${newest === undefined ? '' : '<button type="button">Empty the inbox</button>'}</header>
${main}
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

/** When a message came, in Nairobi. */
export function timeOf({ receivedAt }: { receivedAt: string }): string {
  const local = new Date(receivedAt).toLocaleString('en-KE', { timeZone: 'Africa/Nairobi', dateStyle: 'medium', timeStyle: 'medium' });
  return `<time datetime="${escapeHtml(receivedAt)}">${escapeHtml(local)}</time>`;
}
