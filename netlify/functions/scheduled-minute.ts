import type { Config } from '@netlify/functions';
import { everyMinute } from '#every-minute.ts';
import { minute } from '#http/minute.ts';

/** Each minute: allocates, numbers and sends what waits, and resolves what is pending. While nothing is due the database sleeps. */
export default minute(everyMinute);

export const config: Config = { schedule: '* * * * *' };
