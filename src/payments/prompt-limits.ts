import type { SlidingLimit } from '../limits/count-sliding.ts';

/** Per phone: three in ten minutes and ten a day, so that nobody's phone is made to ring. */
export const PHONE_LIMITS: SlidingLimit[] = [
  { minutes: 10, most: 3 },
  { minutes: 24 * 60, most: 10 },
];

/** Per client address: twenty an hour, whatever the phones. */
export const ADDRESS_LIMITS: SlidingLimit[] = [{ minutes: 60, most: 20 }];
