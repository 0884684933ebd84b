import type { Kept } from '../inbox/keep-messages.ts';
import { escapeHtml, pageFrame, timeOf } from '../inbox/page-frame.ts';
import type { Address, Mail } from './read-mail-request.ts';

/** A mail that came. */
export type Message = Kept<Mail>;

/** Shows a mail without rights: no scripts, no cookies, nothing from the network but its own attached images. Links open beside it. */
export const MAIL_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; frame-ancestors 'self'";

const STYLE = `
h2 { font-size: 1.25rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
main { display: grid; grid-template-columns: minmax(15rem, 24rem) 1fr; min-height: calc(100vh - 4.5rem); }
nav { border-right: 1px solid var(--line); } nav ol { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: .6rem 1rem; border-bottom: 1px solid var(--line); color: inherit; text-decoration: none; overflow-wrap: anywhere; }
nav a[aria-current] { background: var(--chosen); } nav span, nav time, dt { display: block; color: var(--soft); font-size: .875rem; }
article { padding: 1rem; min-width: 0; } dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem .75rem; margin: 0 0 1rem; } dd { margin: 0; overflow-wrap: anywhere; }
iframe { width: 100%; height: 60vh; border: 1px solid var(--line); border-radius: .5rem; background: #fff; color-scheme: light; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; }
@media (max-width: 45rem) { main { display: block; } nav { border-right: 0; max-height: 40vh; overflow: auto; } }`;

/** The inbox with the chosen message opened (the newest when none is named). */
export function inboxPage(messages: Message[], chosenId: string | null, nonce: string): string {
  const newestFirst = messages.toReversed();
  const chosen = newestFirst.find(({ id }) => id === chosenId) ?? newestFirst[0];
  const list = newestFirst.map((message) => listEntry(message, message === chosen)).join('');
  const inbox = `<nav aria-label="Messages"><ol>${list}</ol></nav>${chosen ? opened(chosen) : ''}`;
  return pageFrame({
    title: `Inbox (${messages.length})`,
    heading: 'Inbox: mail that would have been sent',
    style: STYLE,
    main: chosen ? `<main>${inbox}</main>` : '<main class="empty"><p>No mail yet. It appears here as soon as it is sent.</p></main>',
    ...{ newest: newestFirst[0]?.id, nonce },
  });
}

function listEntry(message: Message, isChosen: boolean): string {
  return `<li><a href="/?id=${encodeURIComponent(message.id)}"${isChosen ? ' aria-current="true"' : ''}>
<strong>${escapeHtml(message.subject)}</strong><span>${escapeHtml(message.to.map(written).join(', '))}</span>${timeOf(message)}</a></li>`;
}

function opened(message: Message): string {
  const rows: [string, string][] = [
    ['From', escapeHtml(written(message.from))],
    ['Reply to', message.replyTo ? escapeHtml(written(message.replyTo)) : ''],
    ['To', escapeHtml(message.to.map(written).join(', '))],
    ['Cc', escapeHtml(message.cc.map(written).join(', '))],
    ['Bcc', escapeHtml(message.bcc.map(written).join(', '))],
    ['Received', timeOf(message)],
    ['Attached', message.attachments.map((attachment, at) => link(message, at, attachment)).join('<br>')],
  ];
  const details = rows.filter(([, value]) => value !== '').map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`);
  const html = message.html === undefined ? '' : frame(message);
  const text = message.text === undefined ? '' : `<h3>Plain text</h3><pre>${escapeHtml(message.text)}</pre>`;
  return `<article><h2>${escapeHtml(message.subject)}</h2><dl>${details.join('')}</dl>${html}${text}</article>`;
}

/** The mail's own HTML, with its attached images in place; serve it under MAIL_POLICY only. */
export function mailHtml(message: Message): string {
  const withImages = message.attachments.reduce(
    (html, { contentId }, at) => (contentId ? html.replaceAll(`cid:${contentId}`, attachmentPath(message, at)) : html),
    message.html ?? '',
  );
  return `<!doctype html><meta charset="utf-8"><base target="_blank">${withImages}`;
}

function frame({ id }: Message): string {
  const source = `/messages/${encodeURIComponent(id)}/html`;
  return `<iframe title="The mail as its reader sees it" sandbox="allow-popups allow-popups-to-escape-sandbox" src="${source}"></iframe>`;
}

const attachmentPath = ({ id }: Message, at: number) => `/messages/${encodeURIComponent(id)}/attachments/${at}`;
const written = ({ name, email }: Address) => (name ? `${name} <${email}>` : email);

function link(message: Message, at: number, { filename, content }: { filename: string; content: string }): string {
  const kilobytes = Math.ceil(Buffer.byteLength(content, 'base64') / 1_000);
  return `<a href="${attachmentPath(message, at)}" download>${escapeHtml(filename)}</a> (${kilobytes} kB)`;
}
