import { AsItStands, Replay } from '#ground/answers.ts';
import type { Call } from '#ground/call.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { isWorthRepeating, refusalOf } from '#ground/db/errors.ts';
import { AppError, type ErrorCode } from '#ground/errors.ts';
import { answerOfUsedKey } from '#ground/idempotency/answer-once.ts';
import { shillings, wholeShillings } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { DarajaError } from '../daraja/errors.ts';
import type { StkPushRequest } from '../daraja/stk-push.ts';
import { leaseSql, readLease } from '../token-cache/token-cache.ts';
import type { App } from '../wiring/app.ts';
import { customerMessage } from './customer-message.ts';
import { failureMessage, refusalCode } from './failure-reasons.ts';
import { type Intent, type OpenedAttempt, openAttempt } from './open-attempt.ts';
import { type PromptOutcome, recordAnswer } from './record-answer.ts';
import { refusalError } from './refusals.ts';
import type { StkPushInput } from './stk-push-input.ts';

/** Reads a payment as its payer's page sees it, to answer a repeated request. The HTTP function passes it in. */
type ReadPayment = (app: App, paymentId: string) => Promise<object>;

/** After this long without an answer the process that sent the prompt has died: a repeated request is answered with the payment's state. */
const IN_FLIGHT_MS = 75_000;

/**
 * Prompts a customer to pay: writes the payment and its attempt, asks Safaricom, records the answer; two round trips to the database. Repeated with the same
 * Idempotency-Key it answers the same bytes and prompts nobody. A refusal fails the attempt; an unclear answer leaves it `unknown` for the query ladder.
 */
export const requestStkPush = (readPayment: ReadPayment) => async (app: App, input: StkPushInput, call: Call) => {
  const now = app.clock.now();
  const lease = app.daraja.hasToken() ? undefined : leaseSql(app.tokenAccount, now);
  const intent = {
    payment: paymentOf(app, input, call),
    phone: input.phoneNumber,
    address: call.caller.id.startsWith('key:') ? undefined : call.address,
    actor: call.caller.id,
    requestId: call.requestId,
    key: call.key,
    limits: app.config.limits,
  };

  let opened: OpenedAttempt;
  try {
    opened = await openAttempt(app.db, intent, now, lease);
  } catch (error) {
    return answerRefusal(app, readPayment, sayUnreachable(error, 'before', input.language), now);
  }

  const outcome = await prompt(app, opened, input.phoneNumber);
  const answer =
    outcome.state === 'failed' ? sayRefused(outcome.code, opened, call) : sayPrompted(outcome.state, opened, input.phoneNumber);
  try {
    await recordAnswer(
      app.db,
      { attemptId: opened.attemptId, paymentId: opened.payment.id },
      outcome,
      keptAs(answer, call),
      app.clock.now(),
    );
  } catch (error) {
    throw sayUnreachable(error, 'after', opened.payment.language);
  }
  if (answer instanceof AppError) throw answer;
  return answer;
};

function paymentOf(app: App, input: StkPushInput, call: Call): Intent['payment'] {
  const id = input.paymentId ?? input.bookingId; // a booking's id is its payment's
  if (id) return { id, type: input.bookingId && 'booking_fee' };
  const purpose = Object.hasOwn(app.purposes, input.type) ? app.purposes[input.type] : undefined;
  if (!purpose)
    throw new AppError(
      'type_not_offered',
      `Payments of type "${input.type}" are not accepted here. Accepted: ${Object.keys(app.purposes).join(', ')}.`,
    );
  const items = (input.items ?? []).map(({ amount, ...item }) => (amount === undefined ? item : { ...item, amountCents: amount }));
  const { type, externalReference, metadata, language, email, name, amount: expectedCents } = input;
  const quote = { items, amountCents: expectedCents, ...(input.subject !== undefined && { subject: input.subject }) };
  return { type, purpose, quote, expectedCents, caller: call.caller.id, externalReference, metadata, language, email, name };
}

async function prompt(app: App, opened: OpenedAttempt, phone: string): Promise<PromptOutcome> {
  const request: StkPushRequest = {
    phone,
    amountShillings: wholeShillings(opened.payment.amountCents),
    reference: opened.payment.reference,
    description: 'Payment',
    callbackUrl: `${app.config.site.url}/api/callbacks/stk/${makeCallbackToken(app.config.callback.tokenKeys, 'stk', opened.attemptId)}`,
  };
  try {
    const { checkoutRequestId } = await app.daraja.stkPush(request, opened.passenger && readLease(opened.passenger));
    return { state: 'pending', checkoutRequestId };
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    app.log.warn('stk_push_not_accepted', {
      attemptId: opened.attemptId,
      kind: error.kind,
      reason: error.reason,
      errorCode: error.errorCode,
    });
    return error.kind === 'refused' ? { state: 'failed', code: refusalCode(error.reason) } : { state: 'unknown' };
  }
}

const REFUSED_AS: Record<string, ErrorCode> = {
  subscriber_locked: 'subscriber_locked',
  network: 'provider_unavailable',
  service_problem: 'provider_refused',
};

function sayRefused(failureReason: string, { payment }: OpenedAttempt, { requestId }: Call): AppError {
  const reason = failureReason as Parameters<typeof failureMessage>[0];
  const customerMessage = failureMessage(reason, payment.language);
  const extra = { paymentId: payment.id, failureReason, customerMessage, requestId };
  return new AppError(REFUSED_AS[failureReason] ?? 'phone_refused', failureMessage(reason, 'en'), extra);
}

const sayPrompted = (status: 'pending' | 'unknown', { payment, liveUntil }: OpenedAttempt, phone: string) => ({
  paymentId: payment.id,
  reference: payment.reference,
  status,
  amount: shillings(payment.amountCents),
  maskedPhone: maskPhone(phone),
  customerMessage: customerMessage({ status, failureCode: null, ...payment }),
  expiresAt: liveUntil.toISOString(),
});

const keptAs = (answer: object, { key }: Call): { status: number; value: object } | undefined =>
  key && (answer instanceof AppError ? { status: answer.status, value: answer.toProblem() } : { status: key.status, value: answer });

async function answerRefusal(app: App, readPayment: ReadPayment, error: unknown, now: Date) {
  const refusal = refusalOf(error);
  if (!refusal) throw error;
  if (refusal.code !== 'key_used') throw refusalError(refusal.code, refusal.detail);

  const used = answerOfUsedKey(refusal.detail);
  if (used instanceof Replay) return used;
  if (now.getTime() - used.createdAt.getTime() < IN_FLIGHT_MS)
    throw new AppError('request_in_flight', 'The first request with this key is still running: ask for the status of its payment.', {
      paymentId: used.subjectId,
    });
  return new AsItStands(await readPayment(app, used.subjectId));
}

const BEFORE = {
  en: 'We cannot take payments at this moment. No request was sent to your phone and you have not been charged. Try again in a minute or two.',
  sw: 'Hatuwezi kupokea malipo kwa sasa. Hakuna ombi lililotumwa kwa simu yako na hujatozwa. Jaribu tena baada ya dakika moja au mbili.',
};
const AFTER = {
  en: 'A request may be on your phone. If you enter your PIN, the payment is kept and counted: do not pay a second time. Ask for it again in a minute or two.',
  sw: 'Huenda kuna ombi kwenye simu yako. Ukiweka PIN, malipo yatahifadhiwa na kuhesabiwa: usilipe mara ya pili. Uliza tena baada ya dakika moja au mbili.',
};

/**
 * What a page can show when a prompt fails because the database cannot be reached, before or after Safaricom was asked; other errors pass
 * unchanged. `customerMessage` is in the customer's language.
 */
function sayUnreachable(error: unknown, asked: 'before' | 'after', language: Language | undefined): unknown {
  if (!isWorthRepeating(error)) return error;
  const words = asked === 'before' ? BEFORE : AFTER;
  return new AppError('database_unreachable', words.en, { customerMessage: words[language ?? 'en'] }, { cause: error });
}
