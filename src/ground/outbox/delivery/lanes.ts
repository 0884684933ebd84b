import type { Message } from '../message.ts';

/** After so many failures of its provider, with nothing else between them, a lane waits for the next run. */
const MOST_FAILURES = 3;
/** A lane with one delivery longer than this lets the others go first. */
const SLOW_MS = 3_000;

/** Kinds that go through one provider: they fail and are slow together. Messages with a channel are of that channel's lane, every other kind is a lane of its own. */
const SHARED: Record<string, Message['kind'][]> = {
  email: ['invoice_email', 'daily_summary', 'alert_mail'],
  safaricom: ['dispatch_withdrawal', 'ask_receipt'],
  webhook: ['alert', 'alert_crowd', 'alert_cleared'],
};
const LANE_OF = new Map<string, string>(Object.entries(SHARED).flatMap(([lane, kinds]) => kinds.map((kind) => [kind, lane] as const)));

/** Which way a message goes. */
export const laneOf = ({ kind, channel }: { kind: string; channel?: unknown }): string =>
  typeof channel === 'string' ? channel : (LANE_OF.get(kind) ?? kind);

/** By what the messages of a lane are known in the database: their channel, or their kind where they have none. */
export const wordsOf = (lane: string): string[] => [lane, ...(SHARED[lane] ?? [])];

/** How the lanes fare in one run: a provider that is down is left until the next, and one that is slow until all others have had their turn. */
export class Lanes {
  readonly #failures = new Map<string, number>();
  readonly #slow = new Set<string>();
  #othersAreDone = false;

  /** Whether its messages are to wait. */
  waits(lane: string): boolean {
    return this.#isDown(lane) || (this.#slow.has(lane) && !this.#othersAreDone);
  }

  /** The lanes whose messages are not to be claimed now. */
  waiting(): string[] {
    return [...this.#failures.keys(), ...this.#slow].filter((lane) => this.waits(lane));
  }

  /** `isProviders`: the provider failed. A message that fails by itself, whatever its provider does, says nothing about the others. */
  note(lane: string, isProviders: boolean, tookMs: number): void {
    this.#failures.set(lane, isProviders ? (this.#failures.get(lane) ?? 0) + 1 : 0);
    if (tookMs > SLOW_MS) this.#slow.add(lane);
  }

  /** The quick lanes have nothing left: now it is the turn of those that are slow. False if there is none, or they had it. */
  turnToSlow(): boolean {
    const turns = !this.#othersAreDone && [...this.#slow].some((lane) => !this.#isDown(lane));
    this.#othersAreDone = true;
    return turns;
  }

  #isDown(lane: string): boolean {
    return (this.#failures.get(lane) ?? 0) >= MOST_FAILURES;
  }
}
