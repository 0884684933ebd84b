import { type SQL, sql } from 'drizzle-orm';
import type { Config } from '../../../src/config.ts';
import { networkHash } from '../../../src/limits/network.ts';
import { countDailySql, countShareSql } from './count-daily.ts';
import { countSlidingSql } from './count-sliding.ts';

/** How often prompts may be asked for: per phone, so that nobody's is made to ring; per network, so that none closes the shop; on one day. */
export type PromptLimits = Pick<Config['limits'], 'promptsPerPhone' | 'promptsPerNetwork' | 'promptsPerDay'>;

type Prompt = { phoneHash: string; address: string | undefined; limits: PromptLimits; now: Date };

/** Counts a prompt against every limit. Without an address it comes from the holder of an API key: no network is counted, and the day's last fifth is open to them. */
export const countPromptSql = ({ phoneHash, address, limits, now }: Prompt): SQL[] => [
  countSlidingSql(phoneHash, limits.promptsPerPhone, 'too_many_prompts', now),
  ...(address === undefined ? [] : countNetworkSql('address:', 'prompts', { address, limits, now })),
  countDailySql('prompts', { most: limits.promptsPerDay, known: address === undefined ? sql`true` : hasPaidSql(phoneHash), now }),
];

/** Counts a booking that a visitor makes, against limits of their own that are as high. */
export const countBookingSql = ({ phoneHash, address, limits, now }: Prompt & { address: string }): SQL[] => [
  ...countNetworkSql('booking:', 'bookings', { address, limits, now }),
  countDailySql('bookings', { most: limits.promptsPerDay, known: hasPaidSql(phoneHash), now }),
];

function countNetworkSql(
  prefix: string,
  what: string,
  { address, limits, now }: { address: string; limits: PromptLimits; now: Date },
): SQL[] {
  const network = networkHash(address);
  return [
    countSlidingSql(`${prefix}${network}`, limits.promptsPerNetwork, 'too_many_requests', now),
    countShareSql(what, network, { most: limits.promptsPerDay, now }),
  ];
}

/** Whom we know: somebody who has paid from this phone before. */
const hasPaidSql = (phoneHash: string): SQL =>
  sql`exists (select from payments known where known.phone_hash = ${phoneHash} and known.status = 'paid')`;
