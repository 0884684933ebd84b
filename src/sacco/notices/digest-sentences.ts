type Penalty = { amount: string; reference: string; rule: string; number: number; days: number; limited: string };

/** The phrases of the daily message. */
export const DIGEST_WORDS = {
  en: {
    hello: (name: string) => `${['Hello', name].join(' ').trim()}.`,
    reminder: 'What is due on your loans',
    charged: 'A penalty was charged on your loan',
    due: (amount: string, reference: string, since: string | undefined, penalties: string | undefined) =>
      `${amount} for loan ${reference} ${since ? `has been due since ${since}` : 'is due today'}${penalties ? `, including penalties of ${penalties}` : ''}.`,
    coming: (amount: string, reference: string, by: string) => `${amount} for loan ${reference} is due by ${by}.`,
    nowOrSoon: (amount: string, reference: string) => `${amount} for loan ${reference} is due now or soon.`,
    pay: 'Pay',
    payOne: (paybill: string, reference: string) => `Pay to paybill ${paybill}, account ${reference}.`,
    several: (amount: string, loans: number, each: string, others: number) =>
      `${amount} is due now or soon on ${loans} loans: ${each}${others > 0 ? `, and ${others} more` : ''}.`,
    paySome: (paybill: string) => `Pay to paybill ${paybill}, account: the loan number.`,
    share: (percent: number, base: string) => `${percent}% of ${base} overdue`,
    fixed: (base: string) => `fixed, for ${base} overdue`,
    limited: ', reduced to the limit',
    penalty: ({ amount, reference, rule, number, days, limited }: Penalty) =>
      `Penalty ${amount} on ${reference}: ${rule}${limited}, instalment ${number}, ${days === 1 ? '1 day' : `${days} days`} late.`,
    penaltyOn: (reference: string) => `Penalty on loan ${reference}`,
  },
  sw: {
    hello: (name: string) => `${['Habari', name].join(' ').trim()}.`,
    reminder: 'Unachodaiwa kwa mikopo yako',
    charged: 'Mkopo wako umetozwa faini',
    due: (amount: string, reference: string, since: string | undefined, penalties: string | undefined) =>
      `${amount} za mkopo ${reference} ${since ? `zinadaiwa tangu ${since}` : 'zinadaiwa leo'}${penalties ? `, ikiwemo faini ya ${penalties}` : ''}.`,
    coming: (amount: string, reference: string, by: string) => `${amount} za mkopo ${reference} zinadaiwa kufikia ${by}.`,
    nowOrSoon: (amount: string, reference: string) => `${amount} za mkopo ${reference} zinadaiwa sasa au karibuni.`,
    pay: 'Lipa',
    payOne: (paybill: string, reference: string) => `Lipa kwa paybill ${paybill}, akaunti ${reference}.`,
    several: (amount: string, loans: number, each: string, others: number) =>
      `${amount} zinadaiwa sasa au karibuni kwa mikopo ${loans}: ${each}${others > 0 ? `, na mingine ${others}` : ''}.`,
    paySome: (paybill: string) => `Lipa kwa paybill ${paybill}, akaunti: nambari ya mkopo.`,
    share: (percent: number, base: string) => `asilimia ${percent} ya ${base} iliyochelewa`,
    fixed: (base: string) => `kiwango maalum, kwa ${base} iliyochelewa`,
    limited: ', imepunguzwa hadi kikomo',
    penalty: ({ amount, reference, rule, number, days, limited }: Penalty) =>
      `Faini ${amount} ya ${reference}: ${rule}${limited}, awamu ya ${number}, siku ${days} za kuchelewa.`,
    penaltyOn: (reference: string) => `Faini ya mkopo ${reference}`,
  },
};
