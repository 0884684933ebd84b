import { isTill } from './accounts.ts';
import { noticeBody } from './c2b-notice.ts';
import { postJson } from './deliver.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import type { C2bPayment, Registration } from './state.ts';

/** What the merchant said, or what M-PESA does in their place when they said nothing in time. */
export type Verdict = { accepted: true; thirdPartyId: string } | { accepted: false; code: string };

const DEADLINE_MS = 8_000;

/**
 * Asks the merchant whether they want a payment, for eight seconds of the simulator's clock, and never longer than eight real
 * ones. An answer that is late, missing or not understood leaves it to the ResponseType that was registered.
 */
export async function askValidation(network: Network, registration: Registration, payment: C2bPayment, receipt: string): Promise<Verdict> {
  const body = noticeBody(network, registration, {
    ...payment,
    receipt,
    at: network.clock.now(),
    reference: payment.account,
    organisation: null,
    till: isTill(network, payment.shortcode) ? payment.shortcode : null,
    orgBalance: '',
    thirdPartyId: '',
  });
  const byDefault: Verdict =
    registration.responseType === 'Completed' ? { accepted: true, thirdPartyId: '' } : { accepted: false, code: 'C2B00016' };
  const deadline = new AbortController();
  const cancel = network.clock.schedule(new Date(network.clock.now().getTime() + DEADLINE_MS), () => deadline.abort());
  try {
    const { status, text } = await postJson(
      network,
      registration.validationUrl,
      body,
      AbortSignal.any([deadline.signal, AbortSignal.timeout(DEADLINE_MS)]),
    );
    const verdict = status === 200 ? readVerdict(text) : null;
    note(
      network,
      `The validation of ${receipt} was answered with ${status}: ${verdict ? text : `not understood, ${registration.responseType}`}.`,
    );
    return verdict ?? byDefault;
  } catch (error) {
    note(
      network,
      `The validation of ${receipt} got no answer (${error instanceof Error ? error.message : error}): ${registration.responseType}.`,
    );
    return byDefault;
  } finally {
    cancel();
  }
}

function readVerdict(text: string): Verdict | null {
  try {
    const { ResultCode, ThirdPartyTransID } = JSON.parse(text) as { ResultCode?: unknown; ThirdPartyTransID?: unknown };
    if (typeof ResultCode !== 'string' && typeof ResultCode !== 'number') return null;
    if (String(ResultCode) !== '0') return { accepted: false, code: String(ResultCode) };
    return { accepted: true, thirdPartyId: typeof ThirdPartyTransID === 'string' ? ThirdPartyTransID : '' };
  } catch {
    return null;
  }
}
