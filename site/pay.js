import { at, createCheckout, phoneWords, setProblem } from './checkout.js';
import { currentLanguage, money, say } from './words.js';

const wanted = new URLSearchParams(location.search);
const again = wanted.get('payment'); // a message led here, to try this payment again
const key = `malipo-payment:${again ?? wanted.get('reference') ?? ''}`;
if (again && !sessionStorage.getItem(key)) sessionStorage.setItem(key, JSON.stringify({ paymentId: again, startedAt: Date.now() }));
const checkout = createCheckout({
  key,
  draw: drawButton,
  fields: {
    phoneNumber: { input: 'phone' },
    amount: { input: 'amount', problem: () => say('payAmountProblem') },
    unknown_reference: { input: 'reference' },
  },
});

function drawButton() {
  const shillings = at('amount').valueAsNumber;
  at('pay').textContent = say('pay', { amount: shillings > 0 ? money(shillings) : '' }).trim();
}

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
  checkout.request({ type, subject, amount: at('amount').valueAsNumber, phoneNumber: at('phone').value, language: currentLanguage() });
});

at('amount').addEventListener('input', drawButton);

at('reference').value = wanted.get('reference') ?? '';
at('amount').value = wanted.get('amount') ?? '';
checkout.start();
