import type { Config } from '@netlify/functions';
import { everyMinute } from '#every-minute.ts';
import { job } from '#http/job.ts';

/** Each minute: what waits is allocated, numbered and said, and what is pending is resolved. */
export default job(everyMinute);

export const config: Config = { schedule: '* * * * *' };
