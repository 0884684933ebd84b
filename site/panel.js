import { money, say } from './words.js';

const PROMPT_MS = 75_000;
const LATE_MS = 12_000;
const SPOKEN = [30, 10];

const at = (id) => document.getElementById(id);

/** Shows how a payment stands, in place of the form. Focus goes to the heading when the state is another one. */
export function createPanel(shop) {
  let shown = '';
  let ticking;

  function show(state) {
    const { name } = state;
    const amount = state.amount === undefined ? '' : money(state.amount);
    clearInterval(ticking);
    for (const id of ['countdown', 'hint', 'receipt', 'retry', 'invoice', 'check', 'again']) at(id).hidden = true;
    at('panel').hidden = false;
    at('panel').dataset.state = name;
    write('state-title', say(titleOf(state)));
    write('state-text', textOf(state, amount));
    if (name === 'waiting') startCountdown(state);
    if (name === 'unknown') {
      at('check').hidden = false;
      hint(say('resend'));
    }
    if (name === 'told' || name === 'offline') at('check').hidden = false;
    if (['unknown', 'failed', 'expired'].includes(name)) {
      at('retry').hidden = false;
      at('retry-pay').textContent = say('pay', { amount });
    }
    if (['failed', 'expired', 'paid', 'returned'].includes(name)) at('again').hidden = false;
    if (name === 'paid') showReceipt(state);
    if (name !== shown) at('state-title').focus();
    shown = name;
  }

  function titleOf({ name, refundedAmount, proved }) {
    if (name === 'returned' && refundedAmount == null) return 'takenBackTitle';
    return name === 'paid' && proved === false ? 'toldTitle' : `${name}Title`; // it counts, and M-PESA has not confirmed it yet
  }

  function textOf({ name, customerMessage, maskedPhone, proved }, amount) {
    if (name === 'waiting') return say('waiting', { amount, shop, phone: maskedPhone });
    if (name === 'paid' && proved !== false) return say('paid', { amount, shop });
    if (['told', 'paid', 'failed', 'expired', 'returned'].includes(name)) return customerMessage ?? '';
    return name === 'resuming' ? '' : say(name);
  }

  function startCountdown({ endsAt, startedAt }) {
    at('countdown').hidden = false;
    let spoken = '';
    const tick = () => {
      const leftMs = Math.max(0, endsAt - Date.now());
      const seconds = Math.ceil(leftMs / 1_000);
      at('bar').value = Math.min(1, leftMs / PROMPT_MS);
      at('left').textContent = say('left', { time: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` });
      if (SPOKEN.includes(seconds)) spoken = say('spokenLeft', { seconds });
      write('spoken', spoken);
      if (Date.now() - startedAt > LATE_MS && at('hint').hidden) hint(say('late'));
    };
    tick();
    ticking = setInterval(tick, 250);
  }

  function showReceipt({ mpesaReceiptNumber, invoiceUrl }) {
    at('receipt').hidden = !mpesaReceiptNumber;
    write('code', mpesaReceiptNumber ?? '');
    at('copy').textContent = say('copy');
    at('invoice').hidden = !invoiceUrl;
    if (invoiceUrl) at('invoice').href = invoiceUrl;
  }

  at('copy').addEventListener('click', async () => {
    await navigator.clipboard.writeText(at('code').textContent);
    at('copy').textContent = say('copied');
  });

  return {
    show,
    hide() {
      clearInterval(ticking);
      at('panel').hidden = true;
      shown = '';
    },
  };
}

function hint(text) {
  at('hint').textContent = text;
  at('hint').hidden = false;
}

/** Text that is the same is left alone: a screen reader would read it again. */
function write(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}
