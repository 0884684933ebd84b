import type * as z from 'zod';
import { AppError } from '../errors.ts';
import { SECURITY_HEADERS } from './headers.ts';

/** The only place that writes `application/problem+json`. Whatever is not an AppError is our bug: a bare 500 that says nothing but where to ask. */
export function problemResponse(error: unknown, requestId: string): Response {
  const problem =
    error instanceof AppError
      ? error.toProblem()
      : { type: 'about:blank', title: 'Internal error', status: 500, detail: 'Something went wrong on our side. Tell us the requestId.' };
  return new Response(JSON.stringify({ ...problem, requestId }), { status: problem.status, headers: problemHeaders(requestId) });
}

/** Headers of a problem, also of one that was written before and is replayed. */
export const problemHeaders = (requestId: string): Record<string, string> => ({
  ...SECURITY_HEADERS,
  'content-type': 'application/problem+json',
  'x-request-id': requestId,
});

/** Input that does not fit its shape, with what to change per field. */
export function invalidInput(error: z.ZodError): AppError {
  const errors = error.issues.map((issue) => ({ field: issue.path.join('.') || '(body)', message: issue.message }));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join(' ');
  return new AppError('invalid_input', detail, { errors });
}
