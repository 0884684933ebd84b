import { escapeHtml } from '../mail-inbox/inbox-page.ts';
import type { Kept } from '../mail-inbox/keep-messages.ts';
import type { TextMessage } from './answer.ts';

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dde3, #3a424c); --soft: light-dark(#5b6570, #a6b0bb); --bubble: light-dark(#e8f3ec, #1d3327); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 40rem; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#fff, #14181d); color: light-dark(#14181d, #eef1f4); }
header { display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: .75rem 1rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.1rem; margin: 0; }
button { font: inherit; flex: none; min-height: 44px; padding: 0 1rem; border: 1px solid var(--line); border-radius: .5rem; background: none; color: inherit; cursor: pointer; }
ol { list-style: none; margin: 0; padding: 1rem; } li { margin: 0 0 1.25rem; }
.about { color: var(--soft); font-size: .875rem; }
p { margin: .25rem 0 0; padding: .75rem 1rem; border-radius: .75rem; background: var(--bubble); white-space: pre-wrap; overflow-wrap: anywhere; }
.empty { background: none; text-align: center; color: var(--soft); padding: 3rem 1rem; }`;

const SCRIPT = `
const shown = document.body.dataset.newest;
setInterval(async () => {
  const messages = await fetch('/messages').then((response) => response.json()).catch(() => undefined);
  if (messages && (messages.at(-1)?.id ?? '') !== shown) location.reload();
}, 2000);
document.querySelector('button')?.addEventListener('click', async () => {
  await fetch('/messages', { method: 'DELETE' });
  location.reload();
});`;

/** All messages, newest first, as phones would show them. */
export function smsPage(messages: Kept<TextMessage>[], nonce: string): string {
  const newestFirst = messages.toReversed();
  const list = `<ol>${newestFirst.map(entry).join('')}</ol>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>SMS (${messages.length})</title><style>${STYLE}</style></head>
<body data-newest="${escapeHtml(newestFirst[0]?.id ?? '')}">
<header><h1>SMS that would have been sent</h1>${messages.length > 0 ? '<button type="button">Empty the inbox</button>' : ''}</header>
<main>${messages.length > 0 ? list : '<p class="empty">No SMS yet. They appear here as soon as they are sent.</p>'}</main>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

function entry({ to, from, text, provider, receivedAt }: Kept<TextMessage>): string {
  const local = new Date(receivedAt).toLocaleString('en-KE', { timeZone: 'Africa/Nairobi', dateStyle: 'medium', timeStyle: 'medium' });
  const carrier = provider === 'twilio' ? 'Twilio' : "Africa's Talking";
  return `<li><span class="about"><strong>+${escapeHtml(to)}</strong> from ${escapeHtml(from)} through ${escapeHtml(carrier)},
<time datetime="${escapeHtml(receivedAt)}">${escapeHtml(local)}</time></span><p>${escapeHtml(text)}</p></li>`;
}
