import type { Language } from '../text/language.ts';
import { cleanLine } from './clean-line.ts';
import { frameMail, type Html, html, printHtml, webUrl } from './html.ts';

/** One thing that a mail says, with a page where something can be done about it. */
export type Paragraph = { text: string; link?: { label: string; url: string } | undefined };

/** What a mail says, in order; the subject and the texts are plain. */
export type Letter = { subject: string; paragraphs: Paragraph[] };

const WORDS = {
  en: {
    hello: 'Hello',
    choose: 'Choose which messages you get',
    because: {
      account: (organisation: string) => `You get this e-mail because of your account with ${organisation}.`,
      payment: (organisation: string) => `You get this e-mail because of a payment to ${organisation}.`,
    },
  },
  sw: {
    hello: 'Habari',
    choose: 'Chagua ujumbe unaopata',
    because: {
      account: (organisation: string) => `Umepata barua pepe hii kwa sababu ya akaunti yako na ${organisation}.`,
      payment: (organisation: string) => `Umepata barua pepe hii kwa sababu ya malipo kwa ${organisation}.`,
    },
  },
};

/** `because`: of what the reader gets it. `stopUrl` is the page where they choose their messages, if they can. */
type Around = {
  because?: 'account' | 'payment';
  name: string;
  language: Language;
  organisation: { name: string; colour: string };
  stopUrl: string | undefined;
};

/** A mail of a few sentences: a subject of one line, and a text and an HTML part that say the same. Links that do not lead to a web page are left out. */
export function composeMail(
  { subject, paragraphs }: Letter,
  { because = 'account', name, language, organisation, stopUrl }: Around,
): { subject: string; text: string; html: string } {
  const from = cleanLine(organisation.name, 60);
  const words = WORDS[language];
  const greeting = `${[words.hello, name].join(' ').trim()},`;
  const said = paragraphs.map(({ text, link }) => ({ text, label: link?.label ?? '', url: webUrl(link?.url) }));
  const ending = { text: words.because[because](from), label: words.choose, url: webUrl(stopUrl) };
  const lines = [...said, { ...ending, text: `${from}\n${ending.text}` }].flatMap(({ text, label, url }) => [
    text,
    ...(url ? [`${label}: ${url}`] : []),
    '',
  ]);
  return {
    subject: cleanLine(subject, 150),
    text: [greeting, '', ...lines].join('\n'),
    html: printHtml(layOut({ title: subject, greeting, said, from, ending, language, colour: organisation.colour })),
  };
}

type Said = { text: string; label: string; url: string | undefined };

type Content = {
  title: string;
  greeting: string;
  said: Said[];
  from: string;
  ending: Said;
  language: Language;
  colour: string;
};

const layOut = ({ title, greeting, said, from, ending, language, colour }: Content): Html =>
  frameMail(
    { title, language, colour },
    html`<p class="text" style="margin:0 0 12px;color:#1a1a1a">${greeting}</p>
${said.map(
  ({ text, label, url }) => html`<p class="text" style="margin:0 0 12px;color:#1a1a1a">${text}</p>
${url ? html`<p style="margin:0 0 20px"><a href="${url}" style="display:inline-block;padding:12px 20px;border:1px solid #59625b;border-radius:8px;background:#1a1a1a;color:#ffffff;font-weight:bold;text-decoration:none">${label}</a></p>\n` : ''}`,
)}<p class="text" style="margin:24px 0 0;color:#1a1a1a">${from}</p>
<p class="text" style="margin:4px 0 0;font-size:13px;color:#59625b">${ending.text}${ending.url ? html` <a class="text" href="${ending.url}" style="color:#59625b">${ending.label}</a>` : ''}</p>`,
  );
