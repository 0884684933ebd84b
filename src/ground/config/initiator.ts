import { X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { decimal, filled, secret, shortcode } from './shapes.ts';

/** A certificate as Safaricom gives it: PEM with line breaks or `\n`, or only the base64 inside. */
const certificate = z.string().transform((text, context) => {
  const inside = text
    .replace(/\\n/g, '\n')
    .replace(/-----(BEGIN|END) CERTIFICATE-----/g, '')
    .replace(/\s/g, '');
  const pem = `-----BEGIN CERTIFICATE-----\n${inside.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END CERTIFICATE-----\n`;
  try {
    return new X509Certificate(pem).toString();
  } catch {
    context.addIssue({ code: 'custom', message: 'is not an X.509 certificate in PEM' });
    return z.NEVER;
  }
});

/**
 * The variables of the initiator, who acts for the business where no customer types a PIN: payouts, reversals, status and balance requests.
 */
export const INITIATOR_VARIABLES = {
  MPESA_INITIATOR_NAME: filled.optional(),
  MPESA_INITIATOR_PASSWORD: filled.optional(),
  MPESA_CERTIFICATE: certificate.optional(),
  MPESA_B2C_SHORTCODE: shortcode.optional(),
  MPESA_B2C_CONSUMER_KEY: secret.optional(),
  MPESA_B2C_CONSUMER_SECRET: secret.optional(),
  PAYOUT_APPROVAL_ABOVE_SHILLINGS: decimal(0, 100_000_000).default(10_000),
  PAYOUT_ALONE_PER_PAYEE_SHILLINGS: decimal(0, 100_000_000).optional(),
  PAYOUT_ALONE_PER_DAY_SHILLINGS: decimal(0, 100_000_000).optional(),
  LOW_FLOAT_SHILLINGS: decimal(0, 100_000_000).default(0),
};

type InitiatorVariables = z.output<z.ZodObject<typeof INITIATOR_VARIABLES>>;

const TOGETHER = [
  ['MPESA_INITIATOR_NAME', 'MPESA_INITIATOR_PASSWORD', 'MPESA_CERTIFICATE'],
  ['MPESA_B2C_CONSUMER_KEY', 'MPESA_B2C_CONSUMER_SECRET'],
];

/** Findings about variables that belong together, where only some are set. */
export const initiatorContradictions = (set: NodeJS.ProcessEnv): [boolean, string][] =>
  TOGETHER.flatMap((names) =>
    names.map((name): [boolean, string] => [
      !set[name] && names.some((other) => set[other]),
      `${name} is missing (${names.join(', ')} belong together)`,
    ]),
  );

/** The initiator, if there is one. `shortcode` is B2C's own; undefined where payouts leave the short code that collects. */
export function initiatorSettings(env: InitiatorVariables) {
  const { MPESA_INITIATOR_NAME: name, MPESA_INITIATOR_PASSWORD: password, MPESA_CERTIFICATE: certificatePem } = env;
  if (!name || !password || !certificatePem) return undefined;
  const app =
    env.MPESA_B2C_CONSUMER_KEY && env.MPESA_B2C_CONSUMER_SECRET
      ? { consumerKey: env.MPESA_B2C_CONSUMER_KEY, consumerSecret: env.MPESA_B2C_CONSUMER_SECRET }
      : undefined;
  return { name, password, certificatePem, shortcode: env.MPESA_B2C_SHORTCODE, app };
}

const ALONE_TIMES = 10;

/** The sums above which money out needs a second person: of one payout, and per day of what one person approves alone, to one payee and in all. */
export const approvalLimits = (env: InitiatorVariables) => {
  const above = env.PAYOUT_APPROVAL_ABOVE_SHILLINGS;
  return {
    payoutApprovalAboveCents: BigInt(above) * 100n,
    alonePayeeCents: BigInt(env.PAYOUT_ALONE_PER_PAYEE_SHILLINGS ?? above) * 100n,
    aloneDayCents: BigInt(env.PAYOUT_ALONE_PER_DAY_SHILLINGS ?? above * ALONE_TIMES) * 100n,
  };
};
