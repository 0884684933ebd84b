import * as z from 'zod';

const MOST = 3_660;

/** A number of days or years, with the least and why not less. */
type Least = { variable: string; usual: number; least: number; most?: number; because: string };

/** How long finished things are kept at least, and why: a shorter time is refused with the reason. Money, evidence and the audit trail are kept for ever. */
export const RETENTION = {
  messagesDays: {
    variable: 'RETAIN_MESSAGES_DAYS',
    usual: 90,
    least: 8,
    because: 'until then something may promise the same message again',
  },
  inquiriesDays: {
    variable: 'RETAIN_INQUIRIES_DAYS',
    usual: 400,
    least: 32,
    because: 'a month is closed with the answers of the whole month',
  },
  signInsDays: { variable: 'RETAIN_SIGN_INS_DAYS', usual: 90, least: 1, because: 'codes are limited by the day' },
  limitsDays: { variable: 'RETAIN_LIMITS_DAYS', usual: 7, least: 2, because: 'a day in Nairobi is not over everywhere when it ends' },
  uploadsDays: { variable: 'RETAIN_UPLOADS_DAYS', usual: 7, least: 1, because: 'an upload may go on the next day' },
  refusedStatementsDays: {
    variable: 'RETAIN_REFUSED_STATEMENTS_DAYS',
    usual: 30,
    least: 1,
    because: 'whoever uploaded a statement has to see why it was refused',
  },
  errorsDays: {
    variable: 'RETAIN_ERRORS_DAYS',
    usual: 90,
    least: 7,
    because: 'a breach of data is reported within 72 hours, and looked into with these',
  },
  webhooksDays: { variable: 'RETAIN_WEBHOOKS_DAYS', usual: 30, least: 3, because: 'a server may be away for a weekend' },
  keysDays: { variable: 'RETAIN_KEYS_DAYS', usual: 3, least: 2, because: 'a request that is repeated the next day must not be done twice' },
  recordsYears: {
    variable: 'RETAIN_RECORDS_YEARS',
    usual: 7,
    least: 7,
    most: 50,
    because: 'company law and the law on money laundering ask for 7 years of accounts and of who was paid (tax law for 5)',
  },
} as const satisfies Record<string, Least>;

export type Retained = keyof typeof RETENTION;

type Variable = (typeof RETENTION)[Retained]['variable'];

const RETAINED = Object.entries(RETENTION) as [Retained, Least][];

const number = ({ usual, least, most = MOST, because }: Least) =>
  z
    .string()
    .regex(/^\d+$/, `is a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value <= most, `is a whole number from ${least} to ${most}`)
    .refine((value) => value >= least, `may not be less than ${least}: ${because}`)
    .default(usual);

/** The variables that say for how long finished things are kept. */
export const RETENTION_VARIABLES = Object.fromEntries(RETAINED.map(([, each]) => [each.variable, number(each)])) as Record<
  Variable,
  ReturnType<typeof number>
>;

/** How long finished things are kept, in days or years. */
export const retentionSettings = (env: Record<Variable, number>) =>
  Object.fromEntries(RETAINED.map(([name, { variable }]) => [name, env[variable as Variable]])) as Record<Retained, number>;

/** For how many years records are kept, for a command that needs no more of the configuration. Throws where the setting is wrong. */
export function recordsYears(from: NodeJS.ProcessEnv): number {
  const { variable } = RETENTION.recordsYears;
  const read = RETENTION_VARIABLES[variable].safeParse(from[variable]?.trim() || undefined);
  if (!read.success) throw new Error(`${variable} ${read.error.issues[0]?.message}.`);
  return read.data;
}
