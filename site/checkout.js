import { createPanel } from './panel.js';
import { createPayment } from './payment.js';
import { currentLanguage, money, say, speak } from './words.js';

export const at = (id) => document.getElementById(id);

export function setProblem(input, place, words) {
  at(place).textContent = words;
  at(input).setAttribute('aria-invalid', words !== '');
  if (words !== '') at(input).focus();
}

/** Only the form is checked: whether a number is Safaricom's is known to the network alone. */
const looksLikePhone = (text) => /^(\+?254|0)?[17]\d{8}$/.test(text.replace(/[\s().-]/g, ''));

/** What is wrong with a phone number, or nothing. */
export const phoneWords = (text) => (looksLikePhone(text) ? '' : say('phoneProblem'));

/**
 * What the pages that take payments share: the button, the panel, the retry, the languages. `draw` says on the button what is paid; `fields` are the fields beside
 * which a refusal is said, by what it is about; `shown` and `spoken` hear of each state and language.
 */
export function createCheckout({ key, draw, fields, shown = () => undefined, spoken = () => undefined }) {
  const panel = createPanel(document.body.dataset.shop);
  const payment = createPayment(show, key);
  let last = { name: 'idle' };

  function show(state) {
    last = state;
    const sending = state.name === 'requesting';
    at('pay').disabled = sending;
    at('retry-pay').disabled = sending;
    if (sending) {
      for (const id of ['pay', 'retry-pay']) at(id).textContent = say('requesting');
      return;
    }
    draw();
    if (['idle', 'refused', 'unsent'].includes(state.name)) return showForm(state);
    at('form').hidden = true;
    panel.show(state);
    shown(state);
  }

  /** A refusal is said beside the field that it is about, in the server's words while the page speaks their language; that of a retry beside the retry's own. */
  function showForm({ name, code, field, customerMessage, language, retried, amount }) {
    const words =
      name === 'idle'
        ? ''
        : name === 'unsent'
          ? say('unsent')
          : field === 'phoneNumber'
            ? say('phoneProblem')
            : ((language === currentLanguage() ? customerMessage : undefined) ?? say('refused'));
    if (retried) {
      setProblem('retry-phone', 'retry-problem', words);
      at('retry-pay').textContent = say('pay', { amount: amount === undefined ? '' : money(amount) }).trim();
      return;
    }
    panel.hide();
    at('form').hidden = false;
    const { input, problem } = fields[field] ?? fields[code] ?? {};
    if (input) setProblem(input, `${input}-problem`, problem ? problem() : words);
    else at('form-problem').textContent = words;
  }

  at('retry').addEventListener('submit', (event) => {
    event.preventDefault();
    const phoneNumber = at('retry-phone').value;
    setProblem('retry-phone', 'retry-problem', phoneWords(phoneNumber));
    if (!phoneWords(phoneNumber)) void payment.request({ paymentId: last.paymentId, phoneNumber, language: currentLanguage() });
  });

  at('check').addEventListener('click', () => void payment.check());
  at('again').addEventListener('click', () => {
    payment.forget();
    at('checkout').focus();
  });

  for (const button of document.querySelectorAll('[data-language]'))
    button.addEventListener('click', () => {
      localStorage.setItem('malipo-language', button.dataset.language);
      speak(button.dataset.language);
      spoken();
      show(last);
    });

  return {
    request: (wanted) => void payment.request(wanted),
    isSending: () => last.name === 'requesting',
    start: () => {
      speak(localStorage.getItem('malipo-language') ?? (navigator.language.startsWith('sw') ? 'sw' : 'en'));
      draw();
      payment.resume();
    },
  };
}
