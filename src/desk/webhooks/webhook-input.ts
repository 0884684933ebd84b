import * as z from 'zod';
import { AppError } from '#ground/errors.ts';
import { checkAddress } from '#ground/outbound/check-address.ts';
import { OutboundError } from '#ground/outbound/outbound-error.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { EVENT_FILTERS } from './events.ts';

/** The address of an endpoint. Where it leads is checked when it is saved, and again with each request. */
export const WebhookUrl = z.url({ protocol: /^https?$/, error: 'Send an https address, such as https://shop.example/malipo.' }).max(2_000);

/** Which events: types, `payment.*` and the like, or `*`. */
export const WebhookEvents = z
  .array(
    z.string().refine((filter) => EVENT_FILTERS.includes(filter), {
      error: ({ input }) =>
        `There is no event "${String(input).slice(0, 60)}": docs/webhooks.md lists them; payment.* and * stand for several.`,
    }),
  )
  .min(1)
  .max(50)
  .transform((filters) => [...new Set(filters)]);

/** Throws `webhook_address_refused` for an address that is never called. One whose name has no address yet may be saved. */
export async function requirePublic({ config }: Pick<App, 'config'>, url: string): Promise<void> {
  try {
    await checkAddress(config.outbound, new URL(url));
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.reason === 'address_refused')
      throw new AppError('webhook_address_refused', `${error.message} Send the https address of a server on the internet.`);
  }
}
