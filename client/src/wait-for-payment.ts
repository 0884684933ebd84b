import type { Payment } from './api.ts';
import { MalipoError } from './malipo-error.ts';
import { pause } from './pause.ts';
import type { CallOptions } from './send.ts';

type Undecided = Payment & { status: 'pending' | 'unknown' };
type Decided = Payment & { status: Exclude<Payment['status'], 'pending' | 'unknown'> };

/** A payment that was waited for. Undecided is not failed: it may still be paid, and its webhook tells you. */
export type Waited = { decided: true; payment: Decided } | { decided: false; payment: Undecided };

/** `forMs`: how long to wait at most, 2 minutes without it. */
export type WaitOptions = CallOptions & { forMs?: number };

/** Reads a payment again and again, more and more slowly, until it is decided or the time is up. Throws only if it could not be read at all, or never will. */
export async function waitForPayment(
  read: (signal: AbortSignal | undefined) => Promise<Payment>,
  { forMs = 120_000, signal }: WaitOptions,
): Promise<Waited> {
  const began = Date.now();
  let payment: Payment | undefined;
  let failure: unknown;
  for (let polls = 0; ; polls++) {
    try {
      payment = await read(signal);
    } catch (error) {
      if (!mayPass(error)) throw error;
      failure = error;
    }
    if (payment && isDecided(payment)) return { decided: true, payment };
    const passedMs = Date.now() - began;
    if (passedMs >= forMs) {
      if (payment) return { decided: false, payment: payment as Undecided };
      throw failure;
    }
    await pause(Math.min(pauseAfter(polls, passedMs), forMs - passedMs), signal);
  }
}

const isDecided = (payment: Payment): payment is Decided => payment.status !== 'pending' && payment.status !== 'unknown';

const pauseAfter = (polls: number, passedMs: number): number => (passedMs > 60_000 ? 10_000 : ([2_000, 3_000][polls] ?? 5_000));

/** Whether the next reading may succeed. */
const mayPass = (error: unknown): boolean =>
  error instanceof MalipoError && (error.code === 'no_answer' || error.status === 429 || (error.status ?? 0) >= 500);
