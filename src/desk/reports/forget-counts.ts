import type { Session } from '#ground/db/types.ts';

/** Has the minute count all days anew: how far another database had counted means nothing here. */
export async function forgetCounts(client: Session): Promise<void> {
  await client.query('update count_mark set transfers_upto = null, watched_tx = null, watched_before = null, final_before = null');
}
