import type { Context } from '@netlify/functions';
import type * as z from 'zod';
import { app as currentApp } from '#app.ts';
import { core as currentCore } from '#core.ts';
import { AsItStands, PdfFile, Replay, Sheet } from '#ground/answers.ts';
import type { OpenCall } from '#ground/call.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { AppError } from '#ground/errors.ts';
import { noteFailure } from '#ground/failures/note-failure.ts';
import type { IdempotencyKey } from '#ground/idempotency/answer-once.ts';
import { stir } from '#ground/runs/rest.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { type Right, requireRight } from '#people/auth/rights.ts';
import { authenticate } from '#people/people/authenticate.ts';
import { afterAnswer } from './after-answer.ts';
import { answerHeaders, corsHeaders, jsonType, preflight } from './headers.ts';
import { loggingRequests, pathOf } from './log-request.ts';
import { invalidInput, problemResponse } from './problem.ts';
import { readBody, readBytes, readInput, readQuery } from './read-request.ts';
import { refusePreview } from './refuse-preview.ts';
import { spellIds } from './spell-ids.ts';

const LARGEST_BODY = 64 * 1024;

/** The content types in which a file may come. A form on another site can send none of them. */
const FILE_TYPES =
  /^(application\/octet-stream|application\/x-ndjson|text\/csv|application\/vnd\.ms-excel|application\/vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet)\b/i;

/**
 * `auth` names who may ask: everybody (`public`), or whoever holds this right, or one of these. `input` is the shape of body or query together with path
 * parameters. With `fileBytes` the body is a file of at most that size: it becomes the input's `file`, beside the query; `larger` says how to send a larger one. `status` of a success is 200 by default.
 * `printSheet` is required if the verb may return a sheet. `stirs: false`: a question that writes nothing, so that the minute need not look for what it has left. `explain` adds words to a failure, from what was sent.
 */
export type EndpointOptions<Input extends z.ZodType, Value> = {
  auth: 'public' | Right | readonly Right[];
  input: Input;
  fileBytes?: number;
  larger?: string;
  status?: Status<Value>;
  stirs?: false;
  explain?: (error: unknown, said: unknown) => unknown;
} & Printer<Value>;

type Status<Value> = number | ((value: Exclude<Value, Replay | AsItStands>) => number);
type Printer<Value> = Extract<Value, Sheet> extends never ? { printSheet?: never } : { printSheet: (sheet: Sheet) => string };

/** A function's handler, with what it was made of: the API's description is made of the same. */
export type Endpoint<Input extends z.ZodType, Value extends object> = ((request: Request, context: Context) => Promise<Response>) & {
  readonly options: EndpointOptions<Input, Value>;
  readonly handle: Verb<Input, Value>;
};

type Verb<Input extends z.ZodType, Value> = (app: App, input: z.output<Input>, call: OpenCall) => Promise<Value>;

/**
 * Handles an API request: parses, authorises, reads the Idempotency-Key, calls the verb and renders what it returns. Failures that the caller may see become
 * problems; all others a bare 500.
 */
export function endpoint<Input extends z.ZodType, Value extends object>(
  options: EndpointOptions<Input, Value>,
  handle: Verb<Input, Value>,
): Endpoint<Input, Value> {
  const { auth, input, fileBytes, larger, status = 200, stirs = true, printSheet, explain } = options;
  const answer = async (request: Request, context: Context): Promise<Response> => {
    const app = refusePreview(currentApp(), context);
    const { origins } = app.config.site;
    if (request.method === 'OPTIONS') return preflight(request, origins);
    if (stirs) context.waitUntil(stir(app));
    const { requestId } = context;
    const failed = (kind: 'request' | 'after_answer', error: unknown) =>
      noteFailure(app, { kind, what: `${request.method} ${pathOf(request, context)}`, error, requestId });
    let response: Response;
    let said: object = {};
    try {
      const caller = await authenticate(app, request);
      if (auth !== 'public') requireRight(caller, [auth].flat());
      const body = request.method === 'GET' || fileBytes ? '' : await readJsonText(request);
      said = fileBytes ? { ...readQuery(request), file: await readFile(request, fileBytes, larger) } : readInput(request, body);
      const parsed = input.safeParse(spellIds({ ...said, ...context.params }));
      if (!parsed.success) throw invalidInput(parsed.error);
      const key = fileBytes || typeof status !== 'number' ? undefined : idempotencyKey(request, { scope: caller.id, status }, body);
      const work: (() => Promise<unknown>)[] = [];
      const cookies: string[] = [];
      const value = await handle(app, parsed.data, {
        ...{ requestId, caller, address: context.ip, ...(key && { key }) },
        later: (each) => work.push(each),
        setCookie: (cookie) => cookies.push(cookie),
      });
      for (const each of work)
        context.waitUntil(
          afterAnswer(each).catch((error) => {
            app.log.error('after_answer_failed', error, { requestId });
            return failed('after_answer', error);
          }),
        );
      response = render(value, { status, printSheet }, requestId);
      for (const cookie of cookies) response.headers.append('set-cookie', cookie);
    } catch (error) {
      if (!(error instanceof AppError && error.cause === undefined)) app.log.error('request_failed', error, { requestId });
      response = problemResponse(explain ? explain(error, said) : error, requestId);
      if (response.status === 500) context.waitUntil(afterAnswer(() => failed('request', error)));
    }
    for (const [name, value] of Object.entries(corsHeaders(request, origins))) response.headers.set(name, value);
    return response;
  };
  return Object.assign(
    loggingRequests(answer, () => currentCore().log),
    { options, handle },
  );
}

async function readJsonText(request: Request): Promise<string> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\b/i.test(type))
    throw new AppError('unsupported_media_type', 'Send JSON with "Content-Type: application/json": {} where there is nothing to say.');
  return readBody(request, LARGEST_BODY);
}

async function readFile(request: Request, most: number, larger = ''): Promise<Uint8Array> {
  const type = request.headers.get('content-type') ?? '';
  if (!FILE_TYPES.test(type))
    throw new AppError('unsupported_media_type', 'Send the file itself as the body, with "Content-Type: application/octet-stream".');
  return readBytes(request, most, larger && ` ${larger}`);
}

type Rendering<Value> = {
  status: Status<Value>;
  printSheet: ((sheet: Sheet) => string) | undefined;
};

function render<Value extends object>(value: Value, { status, printSheet }: Rendering<Value>, requestId: string): Response {
  const answer = (body: string | Uint8Array, type: string, more?: Record<string, string>, as = 200) =>
    new Response(body as BodyInit, { status: as, headers: { ...answerHeaders(type, requestId), ...more } });
  if (value instanceof Replay) return answer(value.text, jsonType(value.status), { 'idempotent-replayed': 'true' }, value.status);
  if (value instanceof AsItStands) return answer(JSON.stringify(value.value), jsonType(200), { 'idempotent-replayed': 'true' });
  if (value instanceof PdfFile)
    return answer(value.bytes, 'application/pdf', { 'content-disposition': `inline; filename="${value.name}"` });
  if (value instanceof Sheet) {
    if (!printSheet) throw new Error('A verb returned a sheet where `endpoint` has no `printSheet`.');
    const { name, nextCursor } = value;
    const headers = { 'content-disposition': `attachment; filename="${name}"`, ...(nextCursor && { 'x-next-cursor': nextCursor }) };
    return answer(printSheet(value), 'text/csv; charset=utf-8', headers);
  }
  const as = typeof status === 'number' ? status : status(value as Exclude<Value, Replay | AsItStands>);
  return answer(JSON.stringify(value), jsonType(as), undefined, as);
}

const KEY = /^[\x21-\x7e]{8,255}$/;

/** Reads the Idempotency-Key header of a request, if it has one, with a keyed hash of what was asked. Throws `invalid_idempotency_key`. */
function idempotencyKey(request: Request, of: { scope: string; status: number }, body: string): IdempotencyKey | undefined {
  const header = request.headers.get('idempotency-key');
  if (header === null) return undefined;
  const key = header.replace(/^"(.*)"$/, '$1');
  if (!KEY.test(key))
    throw new AppError(
      'invalid_idempotency_key',
      'An Idempotency-Key is 8 to 255 visible ASCII characters: a new UUID per request is best.',
    );
  const fingerprint = lookupHash(`${request.method} ${new URL(request.url).pathname}\n${body}`);
  return { ...of, key, fingerprint };
}
