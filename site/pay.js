import { createPanel } from './panel.js';
import { createPayment } from './payment.js';
import { currentLanguage, money, say, sayRefusal, speak } from './words.js';

const at = (id) => document.getElementById(id);
const panel = createPanel(document.body.dataset.shop);
const wanted = new URLSearchParams(location.search);
const payment = createPayment(show, `malipo-payment:${wanted.get('reference') ?? ''}`);
let last = { name: 'idle' };

function drawButton() {
  const shillings = at('amount').valueAsNumber;
  at('pay').textContent = say('pay', { amount: shillings > 0 ? money(shillings) : '' }).trim();
}

function show(state) {
  last = state;
  const sending = state.name === 'requesting';
  at('pay').disabled = sending;
  at('retry-pay').disabled = sending;
  if (sending) {
    for (const id of ['pay', 'retry-pay']) at(id).textContent = say('requesting');
    return;
  }
  drawButton();
  if (['idle', 'refused', 'unsent'].includes(state.name)) return showForm(state);
  at('form').hidden = true;
  panel.show(state);
}

/** A refusal is said beside the field that it is about; that of a retry beside the retry's own. */
function showForm({ name, code, field, retried, amount }) {
  const words = name === 'idle' ? '' : name === 'unsent' ? say('unsent') : field === 'phoneNumber' ? say('phoneProblem') : sayRefusal(code);
  if (retried) {
    setProblem('retry-phone', 'retry-problem', words);
    at('retry-pay').textContent = say('pay', { amount: money(amount) });
    return;
  }
  panel.hide();
  at('form').hidden = false;
  if (field === 'phoneNumber') return setProblem('phone', 'phone-problem', words);
  if (field === 'amount') return setProblem('amount', 'amount-problem', say('payAmountProblem'));
  if (code === 'unknown_reference') return setProblem('reference', 'reference-problem', words);
  at('form-problem').textContent = words;
}

function setProblem(input, place, words) {
  at(place).textContent = words;
  at(input).setAttribute('aria-invalid', words !== '');
  if (words !== '') at(input).focus();
}

const phoneWords = (text) => (/^(\+?254|0)?[17]\d{8}$/.test(text.replace(/[\s().-]/g, '')) ? '' : say('phoneProblem'));

at('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const subject = at('reference').value.trim();
  at('form-problem').textContent = '';
  const problems = [
    ['phone', 'phone-problem', phoneWords(at('phone').value)],
    ['amount', 'amount-problem', at('amount').validity.valid ? '' : say('payAmountProblem')],
    ['reference', 'reference-problem', subject === '' ? say('referenceProblem') : ''],
  ];
  for (const problem of problems) setProblem(...problem); // the first field that is wrong is the last to take the focus
  if (problems.some(([, , words]) => words !== '')) return;
  at('retry-phone').value = at('phone').value;
  const type = /^sv/i.test(subject) ? 'savings' : 'loan_repayment';
  void payment.request({ type, subject, amount: at('amount').valueAsNumber, phoneNumber: at('phone').value, language: currentLanguage() });
});

at('retry').addEventListener('submit', (event) => {
  event.preventDefault();
  const phoneNumber = at('retry-phone').value;
  setProblem('retry-phone', 'retry-problem', phoneWords(phoneNumber));
  if (!phoneWords(phoneNumber)) void payment.request({ paymentId: last.paymentId, phoneNumber });
});

at('amount').addEventListener('input', drawButton);
at('check').addEventListener('click', () => void payment.check());
at('again').addEventListener('click', () => {
  payment.forget();
  at('checkout').focus();
});

for (const button of document.querySelectorAll('[data-language]'))
  button.addEventListener('click', () => {
    localStorage.setItem('malipo-language', button.dataset.language);
    speak(button.dataset.language);
    show(last);
  });

at('reference').value = wanted.get('reference') ?? '';
at('amount').value = wanted.get('amount') ?? '';
speak(localStorage.getItem('malipo-language') ?? (navigator.language.startsWith('sw') ? 'sw' : 'en'));
drawButton();
payment.resume();
