import type * as z from 'zod';
import { isWorthRepeating } from '#ground/db/errors.ts';
import { AppError } from '#ground/errors.ts';
import { answerHeaders, jsonType } from './headers.ts';

const RETRY_AFTER_SECONDS = '60';

/**
 * The only place that writes `application/problem+json`. If the database cannot be reached, it says so, and when to try again. Any other error that is not an
 * AppError is our bug: a bare 500 with nothing but the requestId.
 */
export function problemResponse(error: unknown, requestId: string): Response {
  const problem = said(error)?.toProblem() ?? {
    ...{ type: 'about:blank', title: 'Internal error', status: 500 },
    detail: 'Something went wrong on our side. Tell us the requestId.',
  };
  const retry = 'code' in problem && problem.code === 'database_unreachable' ? { 'retry-after': RETRY_AFTER_SECONDS } : {};
  return new Response(JSON.stringify({ ...problem, requestId }), {
    status: problem.status,
    headers: { ...answerHeaders(jsonType(problem.status), requestId), ...retry },
  });
}

function said(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (!isWorthRepeating(error)) return undefined;
  return new AppError(
    'database_unreachable',
    'Our records cannot be reached at this moment. What was paid stays paid. Try again in a minute or two.',
  );
}

/** Input that does not fit its shape, with what to change per field. */
export function invalidInput(error: z.ZodError): AppError {
  const errors = error.issues.flatMap(nearest).flatMap(explain);
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join(' ');
  return new AppError('invalid_input', detail, { errors });
}

/**
 * For input that may have several shapes and fits none: what the nearest shape lacks. Where the schema has words of its own, those, unless a field is wrong in every shape, as an id in the
 * path is.
 */
function nearest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [first = []] = issue.errors.toSorted((a, b) => a.length - b.length);
  const wrong =
    issue.message === NO_WORDS
      ? first
      : first.filter(({ path }) => path[0] && issue.errors.every((shape) => shape.some((one) => `${one.path}` === `${path}`)));
  return wrong.length > 0 ? wrong.flatMap((each) => nearest({ ...each, path: [...issue.path, ...each.path] })) : [issue];
}

const NO_WORDS = 'Invalid input';

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What the schema library says where a schema has no words of its own. */
const LIBRARY_WORDS = /^(Invalid|Too (small|big)|Unrecognized)/;

const FORMATS: Record<string, string> = {
  uuid: 'Send an id as this API gave it, like 01930000-0000-7000-8000-000000000001.',
  email: 'Send an e-mail address.',
  date: 'Send a day, written 2026-11-30.',
  datetime: 'Send a time, written 2026-11-30T08:00:00Z.',
  url: 'Send an address that begins with https://.',
};

/** Which field is wrong, and what to send instead, in our words where the schema has none of its own. Unknown fields are named one by one. */
function explain(issue: z.core.$ZodIssue): { field: string; message: string }[] {
  const at = (...more: string[]) => [...issue.path.map(String), ...more].join('.') || '(body)';
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ field: at(key), message: 'There is no such field here: leave it out.' }));
  return [{ field: at(), message: (LIBRARY_WORDS.test(issue.message) && sayInstead(issue)) || issue.message }];
}

/** What to send instead, where that follows from what the schema takes. */
function sayInstead(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const kind = KINDS[issue.expected];
      return kind && (issue.message.endsWith('received undefined') ? `It is missing: send ${kind}.` : `Send ${kind}.`);
    }
    case 'invalid_value':
      return sayOptions(issue.values);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? sayOptions(issue.options) : undefined;
    case 'invalid_format':
      return FORMATS[issue.format];
    case 'not_multiple_of':
      return `Send a multiple of ${issue.divisor}.`;
    case 'too_small':
      return sayLimit(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return sayLimit(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    default:
      return undefined;
  }
}

const sayOptions = (options: readonly unknown[]): string =>
  `Send ${options.length === 1 ? '' : 'one of '}${options.map(String).join(', ')}.`;

const UNITS: Record<string, [string, string]> = { string: [' character', ' characters'], array: [' entry', ' entries'] };

function sayLimit(origin: string, limit: number | bigint, bound: string): string {
  const [one, many] = UNITS[origin] ?? ['', ''];
  return `Send ${bound} ${limit}${Number(limit) === 1 ? one : many}.`;
}
