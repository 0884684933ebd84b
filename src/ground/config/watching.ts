import * as z from 'zod';
import { decimal, email, list, url } from './shapes.ts';

/** The address of an error sink, as Sentry writes it: the key before the @, the project's number at the end. */
const dsn = z
  .string()
  .refine(
    (text) =>
      URL.canParse(text) &&
      /^https?:$/.test(new URL(text).protocol) &&
      /^\w+$/.test(new URL(text).username) &&
      /\/\d+$/.test(new URL(text).pathname),
    'is not a DSN such as https://key@errors.example/1',
  );

const emails = list.superRefine((entries, context) => {
  const at = entries.findIndex((entry) => !email.safeParse(entry).success);
  if (at >= 0 && entries.join() !== 'none')
    context.addIssue({ code: 'custom', message: `names no e-mail address in its entry ${at + 1}: write addresses with commas, or none` });
});

/** The variables of what watches the site, and of when it calls a person. */
export const WATCHING_VARIABLES = {
  ALERT_WEBHOOK_URL: url.optional(),
  ALERT_EMAILS: emails.optional(),
  ALERT_FAILURE_PERCENT: decimal(1, 100).default(60),
  ALERT_TOLD_SHILLINGS: decimal(0, 1_000_000_000).default(10_000),
  MPESA_INITIATOR_PASSWORD_SET_ON: z.iso.date({ error: 'is not a day such as 2026-11-30' }).optional(),
  HEARTBEAT_URL: url.optional(),
  ERROR_SINK_DSN: dsn.optional(),
};

type WatchingVariables = z.output<z.ZodObject<typeof WATCHING_VARIABLES>>;

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/** Outside the local world these addresses are https. */
export const watchingContradictions = (set: NodeJS.ProcessEnv): [boolean, string][] =>
  ['ALERT_WEBHOOK_URL', 'HEARTBEAT_URL', 'ERROR_SINK_DSN'].map((name) => {
    const to = URL.parse(set[name] ?? '');
    const site = URL.parse(set.SITE_URL ?? '');
    const isLocal = set.MPESA_ENV !== 'production' && LOOPBACK.test(site?.hostname ?? '') && LOOPBACK.test(to?.hostname ?? '');
    return [to?.protocol === 'http:' && !isLocal, `${name} must be https`];
  });

/** Who is told and when. `emails` undefined: the treasurers and administrators with an e-mail address. */
export const alertSettings = (env: WatchingVariables) => ({
  webhookUrl: env.ALERT_WEBHOOK_URL,
  emails: env.ALERT_EMAILS?.join() === 'none' ? [] : env.ALERT_EMAILS,
  failurePercent: env.ALERT_FAILURE_PERCENT,
  toldCents: BigInt(env.ALERT_TOLD_SHILLINGS) * 100n,
  initiatorPasswordSetOn: env.MPESA_INITIATOR_PASSWORD_SET_ON,
});

/** Where failures are sent to, and by which key. */
export function errorSinkSettings({ ERROR_SINK_DSN: text }: WatchingVariables): { url: string; key: string } | undefined {
  if (!text) return undefined;
  const { origin, pathname, username } = new URL(text);
  return { url: `${origin}${pathname.replace(/\/(\d+)$/, '/api/$1/envelope/')}`, key: username };
}
