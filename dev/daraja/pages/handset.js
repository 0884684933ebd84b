// Fills the handset page from /simulator/handset, once a second and after each press of a button.
const POLL_MS = 1_000;
const find = (id) => document.getElementById(id);
const handset = find('handset');
const form = find('prompt');
const pin = find('pin');
const chosenPhone = handset.dataset.phone;

let followedPhone = chosenPhone;
let shownPromptId = '';
let shownMessages = '';
let shownRinging = '';

async function ask(path, order) {
  const options = order ? { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(order) } : {};
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.error} ${answer.change}`);
  return answer;
}

function showList(list, items) {
  list.replaceChildren(
    ...items.map((content) => {
      const item = document.createElement('li');
      item.append(content);
      return item;
    }),
  );
}

function linkTo({ phone, text }) {
  const link = document.createElement('a');
  link.href = `/handset/${encodeURIComponent(phone)}`;
  link.textContent = `${phone}: ${text}`;
  return link;
}

function showRinging(ringing) {
  // Redrawn only when it changed, so that a focused link stays focused.
  if (JSON.stringify(ringing) === shownRinging) return;
  shownRinging = JSON.stringify(ringing);
  showList(find('ringing'), ringing.length > 0 ? ringing.map(linkTo) : ['None. Send an STK push to any phone.']);
}

function showPrompt(prompt) {
  const id = prompt?.checkoutRequestId ?? '';
  if (prompt) find('seconds').textContent = String(prompt.secondsLeft);
  if (id === shownPromptId) return;
  shownPromptId = id;
  const hadFocus = form.contains(document.activeElement);
  form.hidden = !prompt;
  find('status').textContent = prompt ? 'M-PESA asks for a payment.' : 'No request on this phone.';
  find('prompt-text').textContent = prompt?.text ?? '';
  find('problem').textContent = '';
  pin.value = '';
  if (prompt) pin.focus();
  else if (hadFocus) find('status').focus();
}

function showHandset({ phone, balanceShillings, prompt, messages }) {
  find('number').textContent = phone;
  find('balance').textContent = `Balance KES ${balanceShillings.toLocaleString('en-KE')}`;
  showPrompt(prompt);
  if (JSON.stringify(messages) === shownMessages) return;
  shownMessages = JSON.stringify(messages);
  showList(
    find('messages'),
    messages.map((message) => message.text),
  );
}

async function refresh() {
  try {
    const ringing = await ask('/simulator/handset');
    showRinging(ringing);
    // Without a chosen phone the page follows the latest request, but does not leave one that is still open.
    const stillRings = ringing.some(({ phone }) => phone === followedPhone);
    if (!chosenPhone && !stillRings && ringing.length > 0) followedPhone = ringing[0].phone;
    if (followedPhone) showHandset(await ask(`/simulator/handset/${encodeURIComponent(followedPhone)}`));
  } catch {
    find('status').textContent = 'The simulator does not answer.';
    shownPromptId = 'none';
  }
}

async function answer(order) {
  try {
    await ask(`/simulator/prompts/${encodeURIComponent(shownPromptId)}/answer`, order);
  } catch (error) {
    find('problem').textContent = error.message;
    return;
  }
  await refresh();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void answer({ pin: pin.value });
});
for (const button of form.querySelectorAll('[data-outcome]')) {
  button.addEventListener('click', () => answer({ outcome: button.dataset.outcome }));
}

const OUTCOMES = {
  paid: 'Paid.',
  rejected: 'The business refused the payment.',
  'wrong-pin': 'Wrong PIN: nothing was paid.',
  'insufficient-funds': 'Not enough money in the wallet.',
  'daily-limit': 'This would exceed the daily limit.',
};

find('pay-bill').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { amountShillings, ...order } = Object.fromEntries(new FormData(event.target));
  const result = find('pay-result');
  result.textContent = 'M-PESA asks the business…';
  find('pay-pin').value = '';
  try {
    const { outcome, receipt } = await ask('/simulator/pay-bill', { ...order, amountShillings: Number(amountShillings) });
    result.textContent = `${OUTCOMES[outcome]} ${receipt ?? ''}`;
    if (!chosenPhone) followedPhone = order.phone;
  } catch (error) {
    result.textContent = error.message;
  }
  await refresh();
});

setInterval(refresh, POLL_MS);
void refresh();
