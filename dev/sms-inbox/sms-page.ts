import type { Kept } from '../inbox/keep-messages.ts';
import { escapeHtml, pageFrame, timeOf } from '../inbox/page-frame.ts';
import type { TextMessage } from './answer.ts';

const STYLE = `
body { margin: 0 auto; max-width: 40rem; }
ol { list-style: none; margin: 0; padding: 1rem; } li { margin: 0 0 1.25rem; }
.about { color: var(--soft); font-size: .875rem; }
p { margin: .25rem 0 0; padding: .75rem 1rem; border-radius: .75rem; background: var(--chosen); white-space: pre-wrap; overflow-wrap: anywhere; }
p.empty { background: none; padding: 3rem 1rem; }`;

/** All messages, newest first, as phones would show them. */
export function smsPage(messages: Kept<TextMessage>[], nonce: string): string {
  const newestFirst = messages.toReversed();
  const list = `<ol>${newestFirst.map(entry).join('')}</ol>`;
  return pageFrame({
    title: `SMS (${messages.length})`,
    heading: 'SMS that would have been sent',
    style: STYLE,
    main: `<main>${messages.length > 0 ? list : '<p class="empty">No SMS yet. They appear here as soon as they are sent.</p>'}</main>`,
    ...{ newest: newestFirst[0]?.id, nonce },
  });
}

function entry({ to, from, text, provider, receivedAt }: Kept<TextMessage>): string {
  const carrier = provider === 'twilio' ? 'Twilio' : "Africa's Talking";
  return `<li><span class="about"><strong>+${escapeHtml(to)}</strong> from ${escapeHtml(from)} through ${escapeHtml(carrier)},
${timeOf({ receivedAt })}</span><p>${escapeHtml(text)}</p></li>`;
}
