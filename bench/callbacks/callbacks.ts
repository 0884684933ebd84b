import { type Arena, type Distance, NAMES, type Name, openArena } from './arena.ts';
import { countRequests, countWalRecords } from './count-writes.ts';
import { type Figures, type Round, report } from './report.ts';
import { type Block, runBlock } from './run-block.ts';

export type Options = { postgresPort: number; pairs: number; size: number; say(text: string): void };

const COUNTED = 200;
const CELLS = [
  ['near', 1],
  ['near', 8],
  ['far', 1],
  ['far', 8],
] as const satisfies [Distance, number][];

/**
 * Compares what settles a callback with the statement of dc89b02 and with a flow written by hand, near to the database and far from it, with 1 and 8 clients: in
 * rounds, in which everyone runs once, in an order that alternates. Effects are asserted for every callback. Returns the bars that were missed and gate.
 */
export async function callbacks({ postgresPort, pairs, size, say }: Options): Promise<string[]> {
  const counted = Math.min(COUNTED, size);
  const blocks = NAMES.length * CELLS.length * (pairs + 1) * size + 4 * counted;
  say(`${blocks.toLocaleString('en')} prompts in each of three databases; blocks of ${size} callbacks, ${pairs} rounds.`);
  const arena = await openArena(postgresPort, blocks);
  try {
    const figures = await measure(arena, { pairs, size, counted, say });
    return report(figures, say);
  } finally {
    await arena.stop();
  }
}

async function measure(arena: Arena, { pairs, size, counted, say }: Omit<Options, 'postgresPort'> & { counted: number }): Promise<Figures> {
  for (const distance of ['near', 'far'] as const)
    for (const name of NAMES) await runBlock(await arena.contestant(distance, name), 8, size); // what is compiled and opened once
  const near = (name: Name) => arena.contestant('near', name);
  const [settle, whole, dc89b02, baseline] = [await near('settle'), await near('whole'), await near('dc89b02'), await near('baseline')];
  for (const { client } of [settle, dc89b02, baseline]) await client.query('vacuum analyze');

  const ours = await countWalRecords(settle, counted);
  const figures: Figures = {
    walRecords: {
      ours: ours.all,
      audit: ours.audit,
      dc89b02: (await countWalRecords(dc89b02, counted)).all,
      baseline: (await countWalRecords(baseline, counted)).all,
    },
    requests: { settle: await countRequests(arena, settle, counted), whole: await countRequests(arena, whole, counted) },
    cells: [],
  };
  for (const [distance, clients] of CELLS) {
    const rounds: Round[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      const order: (Name | 'control')[] = ['control', ...NAMES];
      if (pair % 2 === 1) order.reverse();
      const round: [string, Block][] = [];
      for (const name of order) {
        const contestant = await arena.contestant(distance, name === 'control' ? 'settle' : name);
        round.push([name, await runBlock(contestant, clients, size)]);
      }
      rounds.push(Object.fromEntries(round) as Round);
    }
    figures.cells.push({ distance, clients, rounds });
    say(`measured: ${distance === 'near' ? 'on loopback' : '5 ms away'}, ${clients} client${clients > 1 ? 's' : ''}`);
  }
  return figures;
}
