import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import type { ZodOpenApiResponsesObject } from 'zod-openapi';
import { type ErrorCode, statusOf } from '#ground/errors.ts';
import type { Answer, Operation } from './operation.ts';
import { commonProblems } from './problem.ts';

type Options = Awaited<ReturnType<Operation['load']>>['default']['options'];

const HEADERS = { 'X-Request-Id': { $ref: '#/components/headers/XRequestId' } };

const json = (schema: z.ZodType, status: number) => ({ [status < 400 ? 'application/json' : 'application/problem+json']: { schema } });

/** The answers of an operation by status: what it promises, and its problems. */
export function responsesOf(method: string, options: Options, operation: Operation): ZodOpenApiResponsesObject {
  const codes = [...(operation.problems ?? []), ...commonProblems({ method, options, ...operation })];
  const byStatus = Map.groupBy([...new Set(codes)].sort(), statusOf);
  const problems = [...byStatus].sort(([a], [b]) => a - b).map(([status, named]) => [String(status), problemResponse(status, named)]);
  return {
    ...Object.fromEntries(problems),
    500: { description: 'Something went wrong on our side.', headers: HEADERS, content: problemContent },
    ...successes(options, operation), // health answers 503 in its own words
  };
}

const PROBLEM = { $ref: '#/components/schemas/Problem' };
const problemContent = { 'application/problem+json': { schema: PROBLEM } };

const problemResponse = (status: number, codes: ErrorCode[]) => ({
  description: `${STATUS_CODES[status]}: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
  headers: HEADERS,
  content: { 'application/problem+json': { schema: { allOf: [PROBLEM], properties: { code: { enum: codes } } } } },
});

function successes(options: Options, { answer, takesKey, standsAs }: Operation): ZodOpenApiResponsesObject {
  const headers = { ...HEADERS, ...(takesKey && { 'Idempotent-Replayed': { $ref: '#/components/headers/IdempotentReplayed' } }) };
  if (answer === 'pdf') return { 200: { description: 'The document.', headers, content: { 'application/pdf': { schema: {} } } } };
  const usual = typeof options.status === 'number' ? options.status : 200;
  const statuses = answer instanceof z.ZodType ? { [usual]: answer, ...(takesKey && { 200: standsAs ?? answer }) } : answer;
  const csv = 'printSheet' in options ? { 'text/csv': { schema: { type: 'string' } } } : {};
  const entries = Object.entries(statuses).map(([status, shape]) => [
    status,
    { description: describe(Number(status), usual, takesKey), headers, content: { ...json(shape, Number(status)), ...csv } },
  ]);
  return Object.fromEntries(entries);
}

const describe = (status: number, usual: number, takesKey?: true) =>
  takesKey && status !== usual ? 'The answer to a repeated request, as things stand now.' : (STATUS_CODES[status] ?? '');

/** The answers of what Safaricom or we ourselves call. */
export function ownResponses(answer: Answer, isBackground: boolean): ZodOpenApiResponsesObject {
  if (isBackground) return { 202: { description: 'It begins.' } };
  return {
    200: { description: 'It is kept.', content: { 'application/json': { schema: answer as z.ZodType } } },
    404: { description: 'The secret in the address is not right.', content: { 'text/plain': { schema: { type: 'string' } } } },
    413: { description: 'The body is too large.' },
    500: { description: 'It could not be kept: send it again.' },
  };
}
