import { createHash } from 'node:crypto';
import { innermost } from '../db/errors.ts';
import { redact } from '../log.ts';
import type { FailureKind } from './failures.schema.ts';

/** Something that failed: what it is (a path without ids, a step), the error, and the request in which it did. `times` is more than one for what was counted before it was said. */
export type Failure = { kind: FailureKind; what: string; error: unknown; requestId?: string | undefined; times?: number };

/** A failure without anything personal; failures with the same fingerprint are alike. */
export type Described = { fingerprint: string; kind: FailureKind; what: string; error: string; message: string };

const LONGEST = 200;

/** What was quoted may be what somebody typed; numbers and ids differ from one failure to the next. */
const mask = (text: string): string =>
  redact(text)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '#')
    .replace(/\d+/g, '#')
    .slice(0, LONGEST);

/** Describes a failure by its innermost error: the outer ones quote statements and their parameters. */
export function describeFailure({ kind, what, error }: Failure): Described {
  const inner = innermost(error);
  const name = inner instanceof Error ? inner.name : typeof inner;
  const code = inner instanceof Error ? (inner as { code?: unknown }).code : undefined;
  const said = {
    ...{ kind, what: what.slice(0, LONGEST), error: typeof code === 'string' && code !== '' ? `${name} ${code}` : name },
    message: inner instanceof Error ? mask(inner.message) : '',
  };
  const fingerprint = createHash('sha256').update(Object.values(said).join('\n')).digest('hex').slice(0, 32);
  return { fingerprint, ...said };
}
