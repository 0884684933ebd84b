import { isWorthRepeating } from '#ground/db/errors.ts';
import { AppError } from '#ground/errors.ts';

const BEFORE = {
  en: 'We cannot take payments at this moment. No request was sent to your phone and you have not been charged. Try again in a minute or two.',
  sw: 'Hatuwezi kupokea malipo kwa sasa. Hakuna ombi lililotumwa kwa simu yako na hujatozwa. Jaribu tena baada ya dakika moja au mbili.',
};
const AFTER = {
  en: 'A request may be on your phone. If you enter your PIN, the payment is kept and counted: do not pay a second time. Ask for it again in a minute or two.',
  sw: 'Huenda kuna ombi kwenye simu yako. Ukiweka PIN, malipo yatahifadhiwa na kuhesabiwa: usilipe mara ya pili. Uliza tena baada ya dakika moja au mbili.',
};

/**
 * What a page can show when a prompt fails because the database cannot be reached, before or after Safaricom was asked; other errors pass
 * unchanged. `customerMessage` is in the customer's language.
 */
export function sayUnreachable(error: unknown, asked: 'before' | 'after', language: 'en' | 'sw' | undefined): unknown {
  if (!isWorthRepeating(error)) return error;
  const words = asked === 'before' ? BEFORE : AFTER;
  return new AppError('database_unreachable', words.en, { customerMessage: words[language ?? 'en'] }, { cause: error });
}
