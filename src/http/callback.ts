import type { Context } from '@netlify/functions';
import { core as currentCore } from '#core.ts';
import type { CallbackKind } from '#ground/callback-tokens/callback-token.ts';
import { belongsElsewhere } from '#ground/db/errors.ts';
import { AppError } from '#ground/errors.ts';
import { noteFailure } from '#ground/failures/note-failure.ts';
import { stir } from '#ground/runs/rest.ts';
import { keepTold } from '#mpesa/spill/keep-told.ts';
import type { Told } from '#mpesa/spill/seal-told.ts';
import type { Core } from '#mpesa/wiring/app.ts';
import { afterAnswer } from './after-answer.ts';
import { believedSubject, signatureAllowed } from './believe-callback.ts';
import { loggingRequests, pathOf } from './log-request.ts';
import { noteForged } from './note-forged.ts';
import { readBody } from './read-request.ts';
import { refusePreview } from './refuse-preview.ts';

const LARGEST_BODY = 64 * 1024;

const ACCEPTED = { ResultCode: 0, ResultDesc: 'Accepted' };

/**
 * `acknowledges` is our answer once the callback is stored. Where Safaricom asks us something (validation), `answers` makes the answer from
 * what was settled instead.
 */
type Answering<Settled> = { acknowledges?: object; answers?: (settled: Settled) => object };

/**
 * A callback from Safaricom. One that believe-callback.ts does not let pass is answered like an unknown path. The answer is 200 only after `settle`
 * has committed, or, if the database was away for 8 s, after the body was kept elsewhere: the minute's job reads it in. `then` is a head start, the
 * scheduled job is the guarantee.
 */
export function callback<Settled>(
  kind: CallbackKind,
  settle: (core: Core, subjectId: string, body: string) => Promise<Settled>,
  then: (core: Core, settled: Settled) => Promise<unknown>,
  { acknowledges = ACCEPTED, answers }: Answering<Settled> = {},
): (request: Request, context: Context) => Promise<Response> {
  const handle = async (request: Request, context: Context) => {
    const core = refusePreview(currentCore(), context);
    const failed = (how: 'callback' | 'after_answer', error: unknown) =>
      noteFailure(core, { kind: how, what: `${request.method} ${pathOf(request, context)}`, error, requestId: context.requestId });
    const notBelieved = () => {
      noteForged(core, context);
      return notFound();
    };
    const subjectId = believedSubject(core, kind, context);
    if (!subjectId) return notBelieved();
    context.waitUntil(stir(core));
    const arrivedAt = core.clock.now();
    let body: string | undefined;
    try {
      body = await readBody(request, LARGEST_BODY);
      if (!signatureAllowed(core, request, body)) return notBelieved();
      const settled = await settle(core, subjectId, body);
      context.waitUntil(
        afterAnswer(() => then(core, settled)).catch((error) => {
          core.log.error('after_callback_failed', error, { kind, subjectId });
          return failed('after_answer', error);
        }),
      );
      return Response.json(answers ? answers(settled) : acknowledges);
    } catch (error) {
      if (error instanceof AppError) return new Response(null, { status: error.status });
      core.log.error('callback_failed', error, { kind, subjectId });
      // a body that did not arrive whole is not kept; neither is a validation question, whose answer is of no use later
      const isKept =
        body !== undefined &&
        !(answers || belongsElsewhere(error)) &&
        (await isKeptElsewhere(core, { way: wayOf(request), subjectId, body, arrivedAt }));
      context.waitUntil(afterAnswer(() => failed('callback', error)));
      return isKept ? Response.json(acknowledges) : new Response(null, { status: 500 });
    }
  };
  return loggingRequests(handle, () => currentCore().log);
}

/** The address without its secret: `stk`, `b2c-result`. */
function wayOf(request: Request): string {
  const [, , , first, , ...rest] = new URL(request.url).pathname.split('/');
  return [first, ...rest].join('-');
}

async function isKeptElsewhere(core: Core, told: Told): Promise<boolean> {
  const { way, subjectId } = told;
  try {
    const outcome = await keepTold(core, told);
    core.log.warn('callback_kept_elsewhere', { way, subjectId, outcome });
    return outcome === 'kept';
  } catch (error) {
    core.log.error('callback_not_kept', error, { way, subjectId });
    return false;
  }
}

const notFound = () => new Response('Not Found', { status: 404 });
