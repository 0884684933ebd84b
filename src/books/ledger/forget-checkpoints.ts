import type { Session } from '#ground/db/types.ts';

/** Has balances summed from the first transfer on until the minute has made checkpoints anew: those of another database mean nothing here. */
export async function forgetCheckpoints(client: Session): Promise<void> {
  await client.query("update ledger_mark set upto = null, of_table = 'transfers'::regclass");
}
