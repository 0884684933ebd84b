import type { Language } from '#ground/text/language.ts';
import type { FailureReason } from '#mpesa/payments/failure-reasons.ts';

/** The words of the summary. Numbers and amounts come in printed. */
export type SummaryWords = {
  locale: string;
  title(day: string): string;
  quiet: string;
  received: string;
  inPayments(amount: string, payments: number): string;
  unproved: string;
  found: string;
  revenue: string;
  withVat(amount: string, vat: string): string;
  payments: string;
  prompts: string;
  ofThese(part: number, whole: number, percent: string): string;
  time: string;
  within(median: string, most: string): string;
  failures: string;
  paidOut: string;
  inPayouts(amount: string, payouts: number): string;
  messages: string;
  sent(sms: number, emails: number): string;
  float(shortcode: string): string;
  lasts(amount: string, until: string | undefined): string;
  tasks: string;
  waiting(tasks: number, since: string | undefined): string;
  because(organisation: string): string;
  /** Why prompts failed, for whoever looks after them: the customer's own words are addressed to the customer. */
  reasons: Record<FailureReason | 'no_answer', string>;
};

const en: SummaryWords = {
  locale: 'en-GB',
  title: (day) => `Summary of ${day}`,
  quiet: 'Nothing moved on this day.',
  received: 'Received',
  inPayments: (amount, payments) => `${amount} in ${payments} ${payments === 1 ? 'payment' : 'payments'}`,
  unproved: 'Of these not proved yet',
  found: 'Of these found by asking Safaricom, which told us nothing',
  revenue: 'Revenue without VAT',
  withVat: (amount, vat) => `${amount} (VAT ${vat})`,
  payments: 'Payments that were paid',
  prompts: 'Prompts that were paid',
  ofThese: (part, whole, percent) => `${part} of ${whole} (${percent})`,
  time: 'Time to pay',
  within: (median, most) => `half within ${median} s, 95 in a hundred within ${most} s`,
  failures: 'Why prompts failed',
  paidOut: 'Paid out',
  inPayouts: (amount, payouts) => `${amount} in ${payouts} ${payouts === 1 ? 'transfer' : 'transfers'}`,
  messages: 'Messages sent',
  sent: (sms, emails) => `${sms} SMS, ${emails} ${emails === 1 ? 'e-mail' : 'e-mails'}`,
  float: (shortcode) => `Available on ${shortcode} now`,
  lasts: (amount, until) => (until ? `${amount}, lasts until ${until} if the days stay as they are` : amount),
  tasks: 'Tasks that wait for a person now',
  waiting: (tasks, since) => (since ? `${tasks}, the oldest since ${since}` : `${tasks}`),
  because: (organisation) => `You get this e-mail each morning because you look after ${organisation}.`,
  reasons: {
    ...{
      insufficient_funds: 'too little M-PESA balance',
      amount_too_small: 'amount below what M-PESA accepts',
      limit: 'amount above the limit of one payment',
    },
    ...{ daily_limit: "customer's daily limit reached", business_limit: 'our account takes no more', too_soon: 'the same again too soon' },
    ...{ busy: 'M-PESA was busy', subscriber_locked: 'another request open on the phone', expired: 'the request expired' },
    ...{
      prompt_not_sent: 'M-PESA could not send the prompt',
      cancelled: 'cancelled on the phone',
      unreachable: 'no PIN entered, or phone not reached',
    },
    ...{
      wrong_pin: 'wrong PIN',
      pin_locked: 'PIN locked',
      account_inactive: 'M-PESA account not active',
      network: 'network failure at M-PESA',
    },
    ...{ service_problem: 'a fault on our side or in our configuration', not_on_network: 'no active M-PESA line' },
    ...{
      invalid_phone: 'phone number unknown to M-PESA',
      unknown: 'a reason that is not known',
      no_answer: 'Safaricom never said how it ended',
    },
  },
};

const sw: SummaryWords = {
  locale: 'sw-KE',
  title: (day) => `Muhtasari wa ${day}`,
  quiet: 'Hakuna pesa zilizoingia au kutoka siku hii.',
  received: 'Pesa zilizopokelewa',
  inPayments: (amount, payments) => `${amount} kwa malipo ${payments}`,
  unproved: 'Kati ya hayo bado yanathibitishwa na M-PESA',
  found: 'Kati ya hayo tuliyoyapata kwa kuuliza Safaricom, bila kuarifiwa',
  revenue: 'Mapato bila VAT',
  withVat: (amount, vat) => `${amount} (VAT ${vat})`,
  payments: 'Malipo yaliyolipwa',
  prompts: 'Maombi ya PIN yaliyolipwa',
  ofThese: (part, whole, percent) => `${part} kati ya ${whole} (${percent})`,
  time: 'Muda wa kulipa',
  within: (median, most) => `nusu ndani ya sekunde ${median}, 95 kati ya mia ndani ya sekunde ${most}`,
  failures: 'Kwa nini maombi hayakulipwa',
  paidOut: 'Pesa zilizotumwa',
  inPayouts: (amount, payouts) => `${amount} mara ${payouts}`,
  messages: 'Ujumbe uliotumwa',
  sent: (sms, emails) => `SMS ${sms}, barua pepe ${emails}`,
  float: (shortcode) => `Salio linaloweza kutumika la ${shortcode} sasa`,
  lasts: (amount, until) => (until ? `${amount}, linatosha hadi ${until} siku zikiendelea hivi` : amount),
  tasks: 'Kazi zinazosubiri mtu sasa',
  waiting: (tasks, since) => (since ? `${tasks}, ya zamani zaidi tangu ${since}` : `${tasks}`),
  because: (organisation) => `Unapata barua pepe hii kila asubuhi kwa sababu unasimamia ${organisation}.`,
  reasons: {
    ...{
      insufficient_funds: 'salio la M-PESA halikutosha',
      amount_too_small: 'kiasi kidogo kuliko M-PESA inavyokubali',
      limit: 'kiasi kilizidi kikomo cha malipo moja',
    },
    ...{
      daily_limit: 'kikomo cha siku cha mteja',
      business_limit: 'akaunti yetu haikuweza kupokea zaidi',
      too_soon: 'ombi lilelile mapema mno',
    },
    ...{
      busy: 'M-PESA ilikuwa na shughuli nyingi',
      subscriber_locked: 'ombi lingine lilikuwa kwenye simu',
      expired: 'ombi lilikwisha muda',
    },
    ...{
      prompt_not_sent: 'M-PESA haikuweza kutuma ombi',
      cancelled: 'mteja alighairi',
      unreachable: 'PIN haikuwekwa, au simu haikupatikana',
    },
    ...{
      wrong_pin: 'PIN si sahihi',
      pin_locked: 'PIN imefungwa',
      account_inactive: 'akaunti ya M-PESA haitumiki',
      network: 'hitilafu ya mtandao wa M-PESA',
    },
    ...{ service_problem: 'hitilafu upande wetu', not_on_network: 'hakuna laini ya M-PESA inayotumika' },
    ...{
      invalid_phone: 'nambari isiyojulikana na M-PESA',
      unknown: 'sababu isiyojulikana',
      no_answer: 'Safaricom haikusema jinsi lilivyoisha',
    },
  },
};

export const SUMMARY_WORDS: Record<Language, SummaryWords> = { en, sw };
