import { sql } from 'drizzle-orm';
import { readRows } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { isUnreachable, markIfRefused } from '#ground/notify/unreachable.ts';
import type { Message, StaffEvent } from '#ground/outbox/message.ts';
import type { Language } from '#ground/text/language.ts';
import { printMoment } from '#ground/text/print-moment.ts';
import { PERSON, sendWords } from './say-access.ts';

const WORDS: Record<Language, Record<StaffEvent, { subject: string; text: string; waits?: (from: string) => string }>> = {
  en: {
    staff_joined: {
      subject: 'Somebody may approve payments now',
      text: 'Somebody became a treasurer or an administrator, or may sign in again as one. If you did not expect this, ask who did it:',
    },
    email_changed: {
      subject: "A person's e-mail address was changed",
      text: "A person's e-mail address was changed, and codes for signing in may go there. If you did not expect this, ask who did it:",
      waits: (from) =>
        `A person's e-mail address was changed by somebody else. Codes for signing in may go there from ${from}. If you did not expect this, have an administrator put the old one back or disable them before, and ask who did it:`,
    },
    money_key_made: {
      subject: 'An API key that can request payments was made',
      text: 'An API key was made that can request payments or refunds. If you did not expect this, ask who did it:',
    },
  },
  sw: {
    staff_joined: {
      subject: 'Kuna mtu mpya wa kuidhinisha malipo',
      text: 'Mtu amekuwa mhazini au msimamizi, au ameruhusiwa kuingia tena. Kama hukutarajia hili, uliza ni nani aliyefanya:',
    },
    email_changed: {
      subject: 'Barua pepe ya mtu imebadilishwa',
      text: 'Barua pepe ya mtu imebadilishwa, na nambari za kuingia huenda zikatumwa huko. Kama hukutarajia hili, uliza ni nani aliyefanya:',
      waits: (from) =>
        `Barua pepe ya mtu imebadilishwa na mtu mwingine. Nambari za kuingia huenda zikatumwa huko kuanzia ${from}. Kama hukutarajia hili, mwombe msimamizi arudishe ya awali au amfungie mtu huyo kabla ya hapo, na uliza ni nani aliyefanya:`,
    },
    money_key_made: {
      subject: 'Ufunguo wa API wa kuomba malipo umeundwa',
      text: 'Ufunguo wa API unaoweza kuomba malipo au marejesho umeundwa. Kama hukutarajia hili, uliza ni nani aliyefanya:',
    },
  },
};

/** Handles `staff_notice`: tells an administrator or treasurer that others can start or approve money, or get their codes elsewhere. Who is neither any more, is not told. */
export async function sayStaffNotice(app: Ground, said: Extract<Message, { kind: 'staff_notice' }>, id: string): Promise<undefined> {
  const { event, aboutId, personId, channel } = said;
  const [person] = await readRows(app.db, PERSON.row, sql`select ${PERSON.list} from people p where p.id = ${personId}::uuid`);
  if (!person || person.disabledAt || person.role === 'member') return;
  const address = channel === 'sms' ? person.phone : person.email;
  if (address === null || (await isUnreachable(app.db, channel, address))) return;
  const { name } = app.config.organisation;
  const language = person.language ?? 'en';
  const { subject, text: plain, waits } = WORDS[language][event];
  const until = waits && (await waitOf(app, aboutId));
  const text = waits && until ? waits(printMoment(until, language)) : plain;
  const words = { subject: `${name}: ${subject}`, text: `${name}: ${text} ${app.config.site.url}/api/audit?subject=${aboutId}` };
  await markIfRefused(app.db, { channel, address, subject: personId, now: app.clock.now() }, () =>
    sendWords(app, { id, channel, address, kind: event }, { ...words, language }),
  );
}

/** Until when the e-mail of a person takes no code, as it is now. */
async function waitOf({ db, clock }: Ground, personId: string): Promise<Date | undefined> {
  const [about] = await readRows(db, PERSON.row, sql`select ${PERSON.list} from people p where p.id = ${personId}::uuid`);
  const until = about?.emailWaitsUntil;
  return until && until > clock.now() ? until : undefined;
}
