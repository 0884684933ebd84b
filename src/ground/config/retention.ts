import { decimal } from './shapes.ts';

const MOST = 3_660;

/** The variables that say for how many days finished things are kept. Money, evidence and the audit trail are kept for ever. */
export const RETENTION_VARIABLES = {
  RETAIN_MESSAGES_DAYS: decimal(8, MOST).default(90),
  RETAIN_INQUIRIES_DAYS: decimal(32, MOST).default(400),
  RETAIN_SIGN_INS_DAYS: decimal(1, MOST).default(90),
  RETAIN_LIMITS_DAYS: decimal(2, MOST).default(7),
  RETAIN_UPLOADS_DAYS: decimal(1, MOST).default(7),
  RETAIN_REFUSED_STATEMENTS_DAYS: decimal(1, MOST).default(30),
  RETAIN_ERRORS_DAYS: decimal(1, MOST).default(90),
  RETAIN_WEBHOOKS_DAYS: decimal(3, MOST).default(30),
};

type RetentionVariables = { [Name in keyof typeof RETENTION_VARIABLES]: number };

/** How long finished things are kept, in days. */
export const retentionSettings = (env: RetentionVariables) => ({
  messagesDays: env.RETAIN_MESSAGES_DAYS,
  inquiriesDays: env.RETAIN_INQUIRIES_DAYS,
  signInsDays: env.RETAIN_SIGN_INS_DAYS,
  limitsDays: env.RETAIN_LIMITS_DAYS,
  uploadsDays: env.RETAIN_UPLOADS_DAYS,
  refusedStatementsDays: env.RETAIN_REFUSED_STATEMENTS_DAYS,
  errorsDays: env.RETAIN_ERRORS_DAYS,
  webhooksDays: env.RETAIN_WEBHOOKS_DAYS,
});
