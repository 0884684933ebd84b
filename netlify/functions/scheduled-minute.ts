import type { Config } from '@netlify/functions';
import { everyMinute } from '#every-minute.ts';
import { job } from '#http/job.ts';

/** Each minute: allocates, numbers and sends what waits, and resolves what is pending. */
export default job(everyMinute, { isMinute: true });

export const config: Config = { schedule: '* * * * *' };
