import { median } from '../median.ts';
import type { Distance, Name } from './arena.ts';
import type { Block } from './run-block.ts';

/** What each measured in a round: `control` is `settle` once more, for the A/A control. */
export type Round = Record<Name | 'control', Block>;

export type Figures = {
  /** `audit`: those of ours that write the audit row, which dc89b02 did not have; the bar has room for it. */
  walRecords: { ours: number; audit: number; dc89b02: number; baseline: number };
  requests: { settle: number; whole: number };
  cells: { distance: Distance; clients: number; rounds: Round[] }[];
};

type Who = keyof Round;
type Bar = { name: string; atLeast?: number; atMost?: number; gates?: true };

const BARS: { p: string; what: keyof Block; of: Who; by: Who; where: [Distance, number]; atLeast?: number; atMost?: number }[] = [
  { p: 'P2', what: 'perSecond', of: 'settle', by: 'dc89b02', where: ['near', 1], atLeast: 2.5 },
  { p: 'P2', what: 'perSecond', of: 'settle', by: 'dc89b02', where: ['near', 8], atLeast: 2 },
  { p: 'P3', what: 'cpuMs', of: 'settle', by: 'baseline', where: ['near', 1], atMost: 1.3 },
  { p: 'P3', what: 'cpuMs', of: 'settle', by: 'baseline', where: ['near', 8], atMost: 1.3 },
  { p: 'P3', what: 'cpuMs', of: 'whole', by: 'baseline', where: ['near', 1], atMost: 1.6 },
  { p: 'P3', what: 'cpuMs', of: 'whole', by: 'baseline', where: ['near', 8], atMost: 1.6 },
  { p: 'P4', what: 'perSecond', of: 'whole', by: 'baseline', where: ['near', 1], atLeast: 0.65 },
  { p: 'P4', what: 'perSecond', of: 'whole', by: 'baseline', where: ['near', 8], atLeast: 0.65 },
  { p: 'P4', what: 'perSecond', of: 'whole', by: 'baseline', where: ['far', 1], atLeast: 4 },
  { p: 'P4', what: 'perSecond', of: 'whole', by: 'baseline', where: ['far', 8], atLeast: 4 },
  { p: 'P4', what: 'p50Ms', of: 'whole', by: 'baseline', where: ['far', 1], atMost: 0.2 },
  { p: 'P4', what: 'p50Ms', of: 'whole', by: 'baseline', where: ['far', 8], atMost: 0.2 },
];

/** What is no bar and still worth knowing, in every cell. */
const ASIDE: { what: keyof Block; of: Who; by: Who; says: string }[] = [
  { what: 'perSecond', of: 'settle', by: 'dc89b02 over our client', says: 'settle against the statement of dc89b02 alone' },
  { what: 'perSecond', of: 'settle', by: 'settle over fetch', says: 'our HTTP client against global fetch' },
  { what: 'cpuMs', of: 'settle', by: 'settle over fetch', says: 'its processor time' },
  { what: 'perSecond', of: 'settle', by: 'baseline', says: 'settle alone against the baseline' },
];

const WORDS: Record<keyof Block, string> = { perSecond: 'throughput', p50Ms: 'median answer', cpuMs: "Node's processor time" };
const WHO = { settle: 'settle', whole: 'settle and allocate' } as Partial<Record<Who, string>>;

/** Says every figure beside its bar. Returns the counts that miss theirs, in words; times are said and gate nothing. */
export function report({ walRecords, requests, cells }: Figures, say: (text: string) => void): string[] {
  for (const { distance, clients, rounds } of cells) {
    say(`\n${place(distance, clients)}: median of ${rounds.length}`);
    for (const who of Object.keys(rounds[0] ?? {}) as Who[]) {
      const of = (what: keyof Block) => median(rounds.map((round) => round[who][what]));
      const figures = [
        `${of('perSecond').toFixed(0).padStart(5)}/s`,
        `p50 ${of('p50Ms').toFixed(2)} ms`,
        `CPU ${of('cpuMs').toFixed(2)} ms`,
      ];
      say(`  ${who.padEnd(26)}${figures.join('   ')}`);
    }
    say(
      `  A/A control: ${words(ratios(rounds, 'perSecond', 'control', 'settle'))} in throughput, ${words(ratios(rounds, 'cpuMs', 'control', 'settle'))} in processor time`,
    );
    for (const { what, of, by, says } of ASIDE) say(`  ${says}: ${words(ratios(rounds, what, of, by))}`);
  }

  say('');
  for (const { p, what, of, by, where, ...bar } of BARS) {
    const cell = cells.find(({ distance, clients }) => distance === where[0] && clients === where[1]);
    if (!cell) continue;
    const found = ratios(cell.rounds, what, of, by);
    judge(
      { name: `${p} ${place(...where)}: ${WHO[of]}, ${WORDS[what]} of ${by === 'baseline' ? "the baseline's" : by}`, ...bar },
      median(found),
      words(found),
      say,
    );
  }
  const room = Math.round((24 + walRecords.audit) * 10) / 10;
  const wal: Bar = {
    name: `P10 WAL records for a settle (24 and ${walRecords.audit.toFixed(1)} for the audit row)`,
    atMost: room,
    gates: true,
  };
  const compared = `${walRecords.ours.toFixed(1)} (dc89b02 ${walRecords.dc89b02.toFixed(1)}, the baseline with everything ${walRecords.baseline.toFixed(1)})`;
  const request: Bar = { name: 'P1 requests to the database for a settle', atMost: 1, gates: true };
  const withAllocation = `${requests.settle.toFixed(2)} (${requests.whole.toFixed(2)} with allocation)`;
  return [
    ...judge(wal, walRecords.ours, compared, say), //
    ...judge(request, requests.settle, withAllocation, say),
  ];
}

function judge({ name, atLeast, atMost, gates }: Bar, value: number, figure: string, say: (text: string) => void): string[] {
  const met = (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
  const target = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  say(`${met ? '✓' : '✗'} ${name}: ${figure}, ${target}`);
  return met || !gates ? [] : [`${name}: ${figure}, ${target}`];
}

const ratios = (rounds: Round[], what: keyof Block, of: Who, by: Who): number[] => rounds.map((round) => round[of][what] / round[by][what]);

function words(found: number[]): string {
  const sorted = found.toSorted((a, b) => a - b);
  return `${median(found).toFixed(2)} (${sorted[0]?.toFixed(2)} to ${sorted.at(-1)?.toFixed(2)})`;
}

const place = (distance: Distance, clients: number): string =>
  `${distance === 'near' ? 'loopback' : '5 ms away'}, ${clients} client${clients > 1 ? 's' : ''}`;
