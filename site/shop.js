import { createBasket } from './basket.js';
import { createPanel } from './panel.js';
import { createPayment } from './payment.js';
import { currentLanguage, money, say, sayRefusal, speak } from './words.js';

const at = (id) => document.getElementById(id);
const panel = createPanel(document.body.dataset.shop);
const basket = createBasket(at('items'), drawTotal);
const payment = createPayment(show);
let last = { name: 'idle' };

function drawTotal() {
  const total = basket.total();
  at('total').textContent = money(total);
  if (total > 0) at('form-problem').textContent = '';
  if (last.name !== 'requesting') at('pay').textContent = say('pay', { amount: money(Math.ceil(total)) });
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
  drawTotal();
  if (['idle', 'refused', 'unsent'].includes(state.name)) showForm(state);
  else {
    at('form').hidden = true;
    panel.show(state);
    if (state.name === 'paid') basket.clear();
  }
}

/** A retry that was refused is said beside its own field; everything else at the form. */
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
  if (field === 'email') return setProblem('email', 'email-problem', say('emailProblem'));
  at('form-problem').textContent = words;
}

function setProblem(input, place, words) {
  at(place).textContent = words;
  at(input).setAttribute('aria-invalid', words !== '');
  if (words !== '') at(input).focus();
}

/** Only the form is checked: whether a number is Safaricom's is known to the network alone. */
const looksLikePhone = (text) => /^(\+?254|0)?[17]\d{8}$/.test(text.replace(/[\s().-]/g, ''));
const phoneWords = (text) => (looksLikePhone(text) ? '' : say('phoneProblem'));
const emailWords = () => (at('email').validity.valid ? '' : say('emailProblem'));

at('phone').addEventListener('blur', () => {
  const words = at('phone').value === '' ? '' : phoneWords(at('phone').value);
  at('phone-problem').textContent = words;
  at('phone').setAttribute('aria-invalid', words !== '');
});

at('form').addEventListener('submit', (event) => {
  event.preventDefault();
  const lines = basket.lines();
  at('form-problem').textContent = lines.length === 0 ? say('emptyBasket') : '';
  setProblem('email', 'email-problem', emailWords());
  setProblem('phone', 'phone-problem', phoneWords(at('phone').value));
  const invalid = !basket.isValid() && at('items').querySelector('input:invalid');
  if (invalid) return invalid.focus();
  if (lines.length === 0 || emailWords() || phoneWords(at('phone').value)) return;
  const about = {
    phoneNumber: at('phone').value,
    name: at('name').value.trim(),
    email: at('email').value.trim(),
    language: currentLanguage(),
  };
  const filled = Object.fromEntries(Object.entries(about).filter(([, value]) => value !== ''));
  at('retry-phone').value = about.phoneNumber;
  void payment.request({ ...filled, items: lines });
});

at('retry').addEventListener('submit', (event) => {
  event.preventDefault();
  const phoneNumber = at('retry-phone').value;
  setProblem('retry-phone', 'retry-problem', phoneWords(phoneNumber));
  if (!phoneWords(phoneNumber)) void payment.request({ paymentId: last.paymentId, phoneNumber });
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
    basket.draw();
    show(last);
  });

async function showLocalPages() {
  if (!['127.0.0.1', 'localhost'].includes(location.hostname)) return;
  const response = await fetch('/local.json');
  if (!response.ok) return;
  const pages = await response.json();
  for (const [name, url] of Object.entries(pages)) {
    at(`local-${name}`).href = url;
    at(`local-${name}`).hidden = false;
  }
  at('local').hidden = false;
}

speak(localStorage.getItem('malipo-language') ?? (navigator.language.startsWith('sw') ? 'sw' : 'en'));
drawTotal();
payment.resume();
basket.load().catch(() => {
  at('items-problem').textContent = say('noItems');
});
showLocalPages().catch(() => undefined); // the shop works without them
