import type { Language } from './language.ts';

const LOCALES: Record<Language, string> = { en: 'en-KE', sw: 'sw-KE' };

/** A moment as a message names it, in Nairobi: "2 December, 12:26". */
export const printMoment = (at: Date, language: Language): string => {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LOCALES[language], { timeZone: 'Africa/Nairobi', ...options }).format(at);
  return `${part({ day: 'numeric', month: 'long' })}, ${part({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}`;
};
