const LONGEST_REQUEST_MS = 65_000;
const PATIENCE_MS = 10 * 60_000; // for the code and the invoice of what is paid: some payments have none

/** Soon after the prompt people are quick; after a minute there is no hurry. */
const nextPollMs = (polls, ageMs) => (ageMs > 60_000 ? 10_000 : ([2_000, 3_000][polls] ?? 5_000));

/**
 * One payment from the request to its end, told to `show` as states: requesting, refused, unsent, resuming, waiting, told, unknown, offline, paid, failed. The server
 * decides how it ended, never a timer here. Its id is kept for this tab under `key`, so that a page that is loaded again goes on where it was.
 */
export function createPayment(show, key = 'malipo-payment') {
  let current = JSON.parse(sessionStorage.getItem(key) ?? 'null');
  let sent;
  let timer;
  let polls = 0;

  const keep = (payment) => {
    current = payment;
    if (payment) sessionStorage.setItem(key, JSON.stringify(payment));
    else sessionStorage.removeItem(key);
  };

  /** Has the customer prompted. One key per press; pressed again after no answer it is the same request, which the server does once. */
  async function request(body) {
    const text = JSON.stringify(body);
    if (sent?.text !== text) sent = { text, key: crypto.randomUUID() };
    const retried = body.paymentId === undefined ? {} : { retried: true, ...current };
    show({ ...retried, name: 'requesting' });
    let response;
    let answer;
    try {
      const headers = { 'content-type': 'application/json', 'idempotency-key': sent.key };
      response = await fetch('/api/payments/stk-push', {
        method: 'POST',
        headers,
        body: text,
        signal: AbortSignal.timeout(LONGEST_REQUEST_MS),
      });
      answer = await response.json();
    } catch {
      return show({ ...retried, name: 'unsent' });
    }
    if (response.status === 500) return show({ ...retried, name: 'unsent' });
    sent = undefined;
    if (response.ok) return begin(answer, response);
    if (['request_in_flight', 'already_paid', 'payment_being_checked', 'payment_returned'].includes(answer.code))
      return begin({ ...current, paymentId: answer.paymentId ?? current?.paymentId }, response);
    if (answer.failureReason) {
      keep({ ...current, paymentId: answer.paymentId });
      return show({ name: 'failed', ...current, customerMessage: answer.customerMessage });
    }
    const field = answer.errors?.[0]?.field;
    show({ ...retried, name: 'refused', code: answer.code, field, customerMessage: answer.customerMessage, language: body.language });
  }

  function begin(answer, response) {
    keep({ ...answer, startedAt: Date.now(), endsAt: endsAt(answer, response) });
    polls = 0;
    display(answer);
    plan();
  }

  async function poll() {
    clearTimeout(timer);
    const { paymentId } = current;
    let answer;
    let response;
    try {
      response = await fetch(`/api/payments/${paymentId}`, { signal: AbortSignal.timeout(20_000) });
      if (response.status === 404) return forget();
      if (!response.ok) throw new Error(`The status answered ${response.status}.`);
      answer = await response.json();
    } catch {
      if (current?.paymentId !== paymentId) return;
      if (!navigator.onLine) show({ name: 'offline' });
      return plan();
    }
    if (current?.paymentId !== paymentId) return;
    keep({ ...current, ...answer, endsAt: endsAt(answer, response) });
    display(answer);
    const open =
      ['pending', 'unknown', 'expired'].includes(answer.status) ||
      (answer.status === 'paid' && !(answer.invoiceUrl && answer.mpesaReceiptNumber) && Date.now() - current.startedAt < PATIENCE_MS);
    if (open) plan();
  }

  function plan() {
    clearTimeout(timer);
    if (document.hidden) return; // the customer is in another app, perhaps entering the PIN: asked at once on return
    timer = setTimeout(poll, nextPollMs(polls++, Date.now() - current.startedAt));
  }

  function display({ status, proved }) {
    const unknown = proved === false ? 'told' : 'unknown'; // told money waits for proof: nothing is to be sent again
    const name =
      { pending: 'waiting', unknown, paid: 'paid', failed: 'failed', expired: 'expired' }[status] ?? (status ? 'returned' : 'resuming');
    show({ name, ...current });
  }

  function forget() {
    clearTimeout(timer);
    keep(null);
    show({ name: 'idle' });
  }

  const onReturn = () => void (!document.hidden && current && ['pending', 'unknown', undefined].includes(current.status) && poll());
  document.addEventListener('visibilitychange', onReturn);
  addEventListener('online', onReturn);
  addEventListener('offline', () => current && ['pending', 'unknown'].includes(current.status) && show({ name: 'offline' }));

  return {
    request,
    check: () => current && poll(),
    forget,
    /** Goes on with the payment of this tab, if there is one. */
    resume() {
      if (!current) return;
      show({ name: 'resuming' });
      void poll();
    },
  };
}

/** When the prompt ends, by this device's clock: it may be wrong, so the server's is taken from its answer. */
function endsAt({ expiresAt }, response) {
  const serverNow = Date.parse(response.headers.get('date') ?? '') || Date.now();
  return expiresAt ? Date.now() + Date.parse(expiresAt) - serverNow : undefined;
}
