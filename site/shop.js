import { createBasket } from './basket.js';
import { at, createCheckout, phoneWords, setProblem } from './checkout.js';
import { currentLanguage, money, say } from './words.js';

const basket = createBasket(at('items'), drawTotal);
const checkout = createCheckout({
  draw: drawTotal,
  fields: { phoneNumber: { input: 'phone' }, email: { input: 'email', problem: () => say('emailProblem') } },
  shown: ({ name }) => name === 'paid' && basket.clear(),
  spoken: () => basket.draw(),
});

function drawTotal() {
  const total = basket.total();
  at('total').textContent = money(total);
  if (total > 0) at('form-problem').textContent = '';
  if (!checkout.isSending()) at('pay').textContent = say('pay', { amount: money(Math.ceil(total)) });
}

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
  checkout.request({ ...filled, items: lines });
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

checkout.start();
basket.load().catch(() => {
  at('items-problem').textContent = say('noItems');
});
showLocalPages().catch(() => undefined); // the shop works without them
