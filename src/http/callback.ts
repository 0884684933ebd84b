import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from '@netlify/functions';
import { core as currentCore } from '#core.ts';
import { type CallbackKind, subjectOfToken } from '#ground/callback-tokens/callback-token.ts';
import { belongsElsewhere } from '#ground/db/errors.ts';
import { AppError } from '#ground/errors.ts';
import { keepTold } from '#mpesa/spill/keep-told.ts';
import type { Told } from '#mpesa/spill/seal-told.ts';
import type { Core } from '#mpesa/wiring/app.ts';
import { afterAnswer } from './after-answer.ts';
import { readBody } from './read-body.ts';
import { refusePreview } from './refuse-preview.ts';

const LARGEST_BODY = 64 * 1024;

const ACCEPTED = { ResultCode: 0, ResultDesc: 'Accepted' };

/** `acknowledges` is our answer once the callback is stored; `answers`, in its place, makes the answer out of what was settled, where Safaricom asks (validation). */
type Answering<Settled> = { acknowledges?: object; answers?: (settled: Settled) => object };

/**
 * A callback of Safaricom's: it signs nothing, so the path holds a secret made for one subject. A wrong one costs no database work and looks like any unknown
 * path. The answer is 200 only after `settle` has committed, or where the database was away for 8 s, after the body was kept elsewhere: the minute's job reads it in. `then` is a
 * head start, the scheduled job is the guarantee.
 */
export function callback<Settled>(
  kind: CallbackKind,
  settle: (core: Core, subjectId: string, body: string) => Promise<Settled>,
  then: (core: Core, settled: Settled) => Promise<unknown>,
  { acknowledges = ACCEPTED, answers }: Answering<Settled> = {},
): (request: Request, context: Context) => Promise<Response> {
  return async (request, context) => {
    const core = refusePreview(currentCore(), context);
    const subjectId = subjectOfToken(core.config.callback.tokenKeys, kind, context.params.token ?? '');
    if (!subjectId || !addressAllowed(core, context.ip)) return notFound();
    const arrivedAt = core.clock.now();
    let body: string | undefined;
    try {
      body = await readBody(request, LARGEST_BODY);
      if (!signatureAllowed(core, request, body)) return notFound();
      const settled = await settle(core, subjectId, body);
      context.waitUntil(
        afterAnswer(() => then(core, settled)).catch((error) => core.log.error('after_callback_failed', error, { kind, subjectId })),
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
      return isKept ? Response.json(acknowledges) : new Response(null, { status: 500 });
    }
  };
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

function addressAllowed({ config, log }: Core, address: string): boolean {
  const { addressMode, addresses } = config.callback;
  if (addressMode === 'off' || addresses.includes(address)) return true;
  log.warn('callback_from_unlisted_address', { address, mode: addressMode });
  return addressMode === 'signal';
}

/** Only where a gateway in front signs: base64 HMAC-SHA256 of the raw body in a configured header. */
function signatureAllowed({ config, log }: Core, request: Request, body: string): boolean {
  const { hmacSecret, hmacHeader } = config.callback;
  if (hmacSecret === undefined) return true;
  const expected = createHmac('sha256', hmacSecret).update(body).digest();
  const given = Buffer.from(request.headers.get(hmacHeader) ?? '', 'base64');
  const valid = given.length === expected.length && timingSafeEqual(given, expected);
  if (!valid) log.warn('callback_signature_wrong', { header: hmacHeader });
  return valid;
}
