import { type Day, nairobiMoment } from './nairobi.ts';

/** 08:00 in Nairobi: before it nobody is written to. */
export const morningOf = (day: Day): Date => nairobiMoment(day, 8);

/** 20:00 in Nairobi: from it on nobody is written to. */
export const eveningOf = (day: Day): Date => nairobiMoment(day, 20);
