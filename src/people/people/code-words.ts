import type { Language } from '#ground/text/language.ts';

/** The words that a code for signing in comes in: one SMS, or one mail. */
export type CodeWords = { subject: string; text: string };

const MINUTES = 10;

/**
 * Says a code in English or Swahili, short enough for one SMS under a usual name. Its last line ties the code to our site, so that a phone offers it there and on no other page.
 */
export function codeWords(
  code: string,
  { language, organisation, siteUrl }: { language: Language; organisation: string; siteUrl: string },
): CodeWords {
  const bound = siteUrl.startsWith('https:') ? `\n\n@${new URL(siteUrl).hostname} #${code}` : '';
  if (language === 'sw')
    return {
      subject: `Nambari ya kuingia ${organisation}`,
      text: `${code} ni nambari yako ya kuingia ${organisation}. Inatumika kwa dakika ${MINUTES}. Usimwambie mtu yeyote.${bound}`,
    };
  return {
    subject: `Your code for ${organisation}`,
    text: `${code} is your code for ${organisation}. It works for ${MINUTES} minutes. Share it with nobody.${bound}`,
  };
}
