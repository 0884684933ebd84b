import { type Problem, type ProblemCode, REMEDIES } from './api.ts';

/** `no_answer`: the site did not answer, and whether it did what was asked is unknown. `unexpected_answer`: what answered is no Malipo site, or it failed. */
type Code = ProblemCode | 'no_answer' | 'unexpected_answer';

type Said = {
  code: Code;
  detail: string;
  status?: number | undefined;
  problem?: Problem | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  idempotencyKey?: string | undefined;
  cause?: unknown;
};

/** A request that brought no success: what the site refused, or that it did not answer. */
export class MalipoError extends Error {
  override name = 'MalipoError';
  readonly code: Code;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** What to change, this time. */
  readonly detail: string;
  /** What to do about this code in general. */
  readonly remedy: string | undefined;
  /** Tell it when you ask about this answer. */
  readonly requestId: string | undefined;
  /** When to try again, where the site says so. */
  readonly retryAfterMs: number | undefined;
  /** The key of the request. Sent again with this key it is done once. */
  readonly idempotencyKey: string | undefined;
  /** The whole answer: some codes bring fields of their own, and `customerMessage` has words for the customer. */
  readonly problem: Problem | undefined;

  constructor({ code, detail, status, problem, requestId, retryAfterMs, idempotencyKey, cause }: Said) {
    super(`${code}: ${detail}`, { cause });
    this.code = code;
    this.detail = detail;
    this.status = status;
    this.problem = problem;
    this.remedy = REMEDIES[code];
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
    this.idempotencyKey = idempotencyKey;
  }
}
