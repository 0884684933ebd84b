import * as z from 'zod';
import { type ErrorCode, isErrorCode } from '#ground/errors.ts';
import type { Operation, OwnFunction } from '../../dev/openapi/operation.ts';
import { operationIdOf, PARTS } from '../../dev/openapi/parts.ts';
import { commonProblems, Problem } from '../../dev/openapi/problem.ts';

const OPERATIONS: Record<string, Operation | undefined> = Object.assign({}, ...PARTS.map(({ operations }) => operations));
const OWN: Record<string, OwnFunction | undefined> = Object.assign({}, ...PARTS.map(({ ownFunctions }) => ownFunctions));

type Handler = Awaited<ReturnType<OwnFunction['load']>>['default'];
type Answered = { name: string; handler: Handler; method: string; response: Response };

/** Throws where an answer is not what the API's description says of the function: its status, its content type, its body to the last field. */
export async function checkAnswer(answered: Answered): Promise<void> {
  const { name, method, response } = answered;
  if (method === 'OPTIONS') return;
  const text = response.body === null ? '' : await response.clone().text();
  const wrong = await wrongOf(answered, text);
  if (wrong === undefined) return;
  throw new Error(`${name} answered ${response.status} ${text.slice(0, 2000)}\nwhich dev/openapi does not describe: ${wrong}`);
}

async function wrongOf({ name, handler, method, response }: Answered, text: string): Promise<string | undefined> {
  const id = operationIdOf(name);
  const [operation, own] = [OPERATIONS[id], OWN[id]];
  if (own) return response.status === 200 ? misfit(own.answer, 200, text) : undefined;
  if (!operation) return 'the function has no row there (see CONTRIBUTING.md, "Add a function")';
  const { options } = handler as Awaited<ReturnType<Operation['load']>>['default'];
  const { status } = response;
  const type = response.headers.get('content-type')?.split(';')[0];
  if (response.headers.has('idempotent-replayed') && !operation.takesKey) return 'it takes an Idempotency-Key: say takesKey';
  if (operation.answer !== 'pdf' && status in operation.answer) return misfit(operation.answer, status, text);
  if (status >= 400)
    return wrongProblem(text, status, [...(operation.problems ?? []), ...commonProblems({ method, options, ...operation })]);
  if (type === 'text/csv' && 'printSheet' in options) return undefined;
  if (operation.answer === 'pdf') return type === 'application/pdf' ? undefined : `${type} is no PDF`;
  const usual = options.status ?? 200;
  if (status !== usual && !(status === 200 && response.headers.has('idempotent-replayed'))) return `a success is ${usual}`;
  const shape = status === usual ? operation.answer : (operation.standsAs ?? operation.answer);
  return type === 'application/json' ? misfit(shape, status, text) : `${type} is not JSON`;
}

function misfit(answer: OwnFunction['answer'], status: number, text: string): string | undefined {
  if (answer === 'pdf') return 'a PDF was promised';
  const shape = answer instanceof z.ZodType ? answer : answer[status];
  if (!shape) return `no answer with ${status} is described`;
  const { error } = shape.safeParse(JSON.parse(text));
  return error && z.prettifyError(error);
}

function wrongProblem(text: string, status: number, codes: readonly ErrorCode[]): string | undefined {
  const { data, error } = Problem.safeParse(JSON.parse(text));
  if (error) return z.prettifyError(error);
  if (data.status !== status) return `the body says ${data.status}`;
  if (data.code === undefined) return status === 500 ? undefined : 'a problem has a code';
  return isErrorCode(data.code) && codes.includes(data.code) ? undefined : `${data.code} is not among its problems`;
}
