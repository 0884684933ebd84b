const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

/** The phrases of a penalty's explanation. */
export const PENALTY_WORDS = {
  en: {
    percent: (share: number, base: string) => `${share} % of the overdue ${base} of`,
    fixed: (amount: string, base: string) => `${amount} for the overdue ${base} of`,
    instalment: (number: number, dueOn: string) => `instalment ${number} (due ${dueOn})`,
    once: 'once',
    late: {
      week: (count: number) => `for each week that it is late (this is week ${count})`,
      month: (count: number) => `for each month that it is late (this is month ${count})`,
    },
    grace: (count: number) => `after ${days(count)} of grace`,
    charged: (on: string, late: number) => `charged on ${on}, ${days(late)} after the due day`,
    cut: (full: string, limits: string) => `it would be ${full}, but ${limits}`,
    cap: (most: string) => `all penalties of this loan may come to ${most} at most`,
    room: 'unpaid interest and penalties may not grow above the unpaid principal',
    and: ', and ',
    waived: (amount: string) => `${amount} of it was waived`,
    dropped: (instalment: string, on: string) => `The penalty of ${on} for ${instalment} is no longer owed: the loan was recomputed`,
  },
  sw: {
    percent: (share: number, base: string) => `Asilimia ${share} ya ${base} ambayo haijalipwa ya`,
    fixed: (amount: string, base: string) => `${amount} kwa ${base} ambayo haijalipwa ya`,
    instalment: (number: number, dueOn: string) => `awamu ya ${number} (ya tarehe ${dueOn})`,
    once: 'mara moja',
    late: {
      week: (count: number) => `kwa kila wiki ya kuchelewa (hii ni wiki ya ${count})`,
      month: (count: number) => `kwa kila mwezi wa kuchelewa (huu ni mwezi wa ${count})`,
    },
    grace: (count: number) => `baada ya siku ${count} za ziada`,
    charged: (on: string, late: number) => `imetozwa tarehe ${on}, siku ${late} baada ya tarehe ya kulipa`,
    cut: (full: string, limits: string) => `ingekuwa ${full}, lakini ${limits}`,
    cap: (most: string) => `faini zote za mkopo huu haziwezi kuzidi ${most}`,
    room: 'riba na faini ambazo hazijalipwa haziwezi kuzidi salio la mkopo wenyewe',
    and: ', na ',
    waived: (amount: string) => `${amount} kati yake imesamehewa`,
    dropped: (instalment: string, on: string) => `Faini ya tarehe ${on} kwa ${instalment} haidaiwi tena: mkopo umehesabiwa upya`,
  },
};
