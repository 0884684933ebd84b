import type { AccessEvent } from '#ground/outbox/message.ts';
import type { Language } from '#ground/text/language.ts';
import { printMoment } from '#ground/text/print-moment.ts';
import type { PERSON_ROLES } from './people.schema.ts';

type PersonRole = (typeof PERSON_ROLES)[number];

/** What a person is now, and where they sign in. `codesFrom`: when codes for signing in may first go to an e-mail that somebody else has changed. */
type About = { role: PersonRole; organisation: string; siteUrl: string; codesFrom?: Date };

const ROLE: Record<Language, Record<PersonRole, string>> = {
  en: { member: 'a member', treasurer: 'a treasurer', admin: 'an administrator' },
  sw: { member: 'mwanachama', treasurer: 'mhazini', admin: 'msimamizi' },
};

/** How a person is told what became of their access and of what we have of them: a subject and a text that is also the SMS. Neither has a name or a number. */
const WORDS: Record<Language, Record<AccessEvent, (about: About, role: string) => { subject: string; text: string }>> = {
  en: {
    invited: ({ organisation, siteUrl }, role) => ({
      subject: `You are ${role} of ${organisation}`,
      text: `You are now ${role} of ${organisation}. Sign in with this phone number at ${siteUrl}: a code comes by SMS. Never share the code.`,
    }),
    role_changed: ({ organisation, siteUrl }, role) => ({
      subject: `You are now ${role} of ${organisation}`,
      text: `You are now ${role} of ${organisation}. It applies at once, at ${siteUrl}. If you did not expect this, ask an administrator.`,
    }),
    disabled: ({ organisation }) => ({
      subject: `Your access to ${organisation} has ended`,
      text: `Your access to ${organisation} has ended, and you are signed out everywhere. If you did not expect this, ask an administrator.`,
    }),
    enabled: ({ organisation, siteUrl }, role) => ({
      subject: `You may sign in to ${organisation} again`,
      text: `You may sign in to ${organisation} again, as ${role}: ${siteUrl}`,
    }),
    email_changed: ({ organisation, siteUrl, codesFrom }) => ({
      subject: `Your e-mail address at ${organisation} was changed`,
      text: codesFrom
        ? `The e-mail address that ${organisation} has for you was changed. Codes for signing in may go there from ${printMoment(codesFrom, 'en')}. If you did not expect this, ask an administrator before: ${siteUrl}`
        : `The e-mail address that ${organisation} has for you was changed. If you did not expect this, ask an administrator: ${siteUrl}`,
    }),
    details_changed: ({ organisation, siteUrl }) => ({
      subject: `Your name or language at ${organisation} was changed`,
      text: `The name or the language that ${organisation} has for you was changed. If you did not expect this, ask an administrator: ${siteUrl}`,
    }),
  },
  sw: {
    invited: ({ organisation, siteUrl }, role) => ({
      subject: `Wewe ni ${role} wa ${organisation}`,
      text: `Sasa wewe ni ${role} wa ${organisation}. Ingia kwa nambari hii ya simu kwenye ${siteUrl}: utapokea nambari kwa SMS. Usimwambie mtu nambari hiyo.`,
    }),
    role_changed: ({ organisation, siteUrl }, role) => ({
      subject: `Sasa wewe ni ${role} wa ${organisation}`,
      text: `Sasa wewe ni ${role} wa ${organisation}. Imeanza mara moja, kwenye ${siteUrl}. Kama hukutarajia hili, muulize msimamizi.`,
    }),
    disabled: ({ organisation }) => ({
      subject: `Ufikiaji wako wa ${organisation} umekwisha`,
      text: `Ufikiaji wako wa ${organisation} umekwisha, na umeondolewa kila mahali. Kama hukutarajia hili, muulize msimamizi.`,
    }),
    enabled: ({ organisation, siteUrl }, role) => ({
      subject: `Unaweza kuingia tena ${organisation}`,
      text: `Unaweza kuingia tena ${organisation}, kama ${role}: ${siteUrl}`,
    }),
    email_changed: ({ organisation, siteUrl, codesFrom }) => ({
      subject: `Barua pepe yako kwa ${organisation} imebadilishwa`,
      text: codesFrom
        ? `Barua pepe yako iliyo kwa ${organisation} imebadilishwa. Nambari za kuingia zinaweza kutumwa huko kuanzia ${printMoment(codesFrom, 'sw')}. Kama hukutarajia hili, muulize msimamizi kabla ya hapo: ${siteUrl}`
        : `Barua pepe yako iliyo kwa ${organisation} imebadilishwa. Kama hukutarajia hili, muulize msimamizi: ${siteUrl}`,
    }),
    details_changed: ({ organisation, siteUrl }) => ({
      subject: `Jina au lugha yako kwa ${organisation} imebadilishwa`,
      text: `Jina au lugha yako iliyo kwa ${organisation} imebadilishwa. Kama hukutarajia hili, muulize msimamizi: ${siteUrl}`,
    }),
  },
};

/** The words about a change of access, in a language. */
export const accessWords = (event: AccessEvent, language: Language, about: About): { subject: string; text: string } =>
  WORDS[language][event](about, ROLE[language][about.role]);
