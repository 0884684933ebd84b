import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** What signs: the secret, and the one before it while both do. */
export type Secrets = { secret: string; earlierSecret: string | null; earlierUntil: Date | null };

/** A new secret of an endpoint, as Standard Webhooks writes one. */
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** The headers of Standard Webhooks: the event's id, when this was sent, and a signature by each secret that counts now. */
export function signEvent({ secret, earlierSecret, earlierUntil }: Secrets, id: string, body: string, now: Date): Record<string, string> {
  const both = earlierSecret !== null && earlierUntil !== null && earlierUntil > now;
  const signatures = [secret, ...(both ? [earlierSecret] : [])].map((each) => new Webhook(each).sign(id, now, body));
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}
