import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { ownShortcodes } from '#mpesa/float/own-shortcodes.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { byDay, Count, countsSql, type DaysInput, daysAsked, percent } from './report-days.ts';

/** What can report a movement first. A callback or a notice comes to us, once; query, status and pull we ask for; a statement is sent in by people. */
const TELLERS = ['callback', 'notice', 'query', 'status', 'pull', 'statement'] as const;
const ASKED: readonly string[] = ['query', 'status', 'pull'];
/** What can prove a movement. Where a pull or a statement proved it after a notice, which of the two is not recorded. */
const PROVERS = ['callback', 'query', 'status', 'pull', 'statement', 'pull_or_statement'] as const;

/** Movements of a day that were reported and proved alike. */
type Row = {
  toldBy: (typeof TELLERS)[number];
  provedBy: (typeof PROVERS)[number] | null;
  /** Whether a callback or a notice reported it, even if later than our own questions. */
  wasTold: boolean;
  movements: number;
  amountCents: bigint;
};

/**
 * For each day in Nairobi, by M-PESA's own stamp: how many movements of money to us there were, what reported them first, what proved them, and, of those that
 * no message reported, the share that was found without a person. The last 30 days by default, 400 at most. Throws `invalid_input`.
 */
export async function readEvidence(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  { format, ...asked }: z.output<typeof DaysInput>,
) {
  const { from, to } = daysAsked(asked, clock.now());
  const counts = await readRows(db, Count, countsSql(['movements'], { from, to }));
  const ours = movements(counts, ownShortcodes(config));
  const days = byDay(ours).map(({ on, rows }) => ({ on, ...tell(rows) }));
  if (format === 'csv') return new Sheet(`evidence-${from}-${to}.csv`, COLUMNS, days.map(flat));
  return { from, to, days, total: tell(ours) };
}

const Key = z.tuple([z.string(), z.enum(TELLERS), z.enum([...PROVERS, '']), z.enum(['told', 'missed'])]);

/** The movements to some short codes. A key of theirs is `short code:told first by:proved first by:told or missed` (counted.sql). */
export const movements = (counts: readonly Count[], shortcodes: readonly string[]): (Row & { day: string })[] =>
  counts
    .filter(({ figure }) => figure === 'movements')
    .flatMap(({ day, key, many, cents }) => {
      const [shortcode, toldBy, provedBy, was] = Key.parse(key.split(':'));
      const row = {
        day,
        toldBy,
        provedBy: provedBy === '' ? null : provedBy,
        wasTold: was === 'told',
        movements: many,
        amountCents: cents,
      };
      return shortcodes.includes(shortcode) ? [row] : [];
    });

export function tell(rows: readonly Row[]) {
  const count = (of: (row: Row) => boolean) => rows.filter(of).reduce((sum, { movements }) => sum + movements, 0);
  const toldBy = Object.fromEntries(TELLERS.map((teller) => [teller, count((row) => row.toldBy === teller)]));
  const provedBy = Object.fromEntries(PROVERS.map((prover) => [prover, count((row) => row.provedBy === prover)]));
  const recovered = count(({ toldBy: by, wasTold }) => !wasTold && ASKED.includes(by));
  const missed = count(({ wasTold }) => !wasTold);
  return {
    movements: count(() => true),
    amount: shillings(rows.reduce((sum, { amountCents }) => sum + amountCents, 0n)),
    ...{ toldBy, provedBy, unproved: count(({ provedBy: by }) => by === null) },
    /** About the movements that neither a callback nor a notice reported; the rate is null when there are none. */
    ...{ missed, recovered, recoveredPercent: percent(recovered, missed) },
  };
}

const COLUMNS = [
  ...['on', 'movements', 'amount', ...TELLERS.map((teller) => `told_by_${teller}`), ...PROVERS.map((prover) => `proved_by_${prover}`)],
  ...['unproved', 'missed', 'recovered', 'recovered_percent'],
];

const flat = ({ on, toldBy, provedBy, recoveredPercent, ...day }: { on: string } & ReturnType<typeof tell>) => ({
  ...{ on, ...day, recovered_percent: recoveredPercent },
  ...Object.fromEntries(TELLERS.map((teller) => [`told_by_${teller}`, toldBy[teller]])),
  ...Object.fromEntries(PROVERS.map((prover) => [`proved_by_${prover}`, provedBy[prover]])),
});
