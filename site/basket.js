import { money, say } from './words.js';

const KEY = 'malipo-basket';

/**
 * The price list with what the customer has put in. `changed` hears of every change. The total is for the eyes: the server computes what is paid.
 */
export function createBasket(list, changed) {
  let items = [];
  let chosen = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');

  const put = (sku, count) => {
    chosen[sku] = count;
    if (count <= 0 || Number.isNaN(count)) delete chosen[sku];
    sessionStorage.setItem(KEY, JSON.stringify(chosen));
    changed();
  };

  const draw = () => list.replaceChildren(...items.map((item) => (item.kind === 'donation' ? drawDonation(item) : drawProduct(item))));

  function drawProduct(item) {
    const { sku, name, price } = item;
    const input = Object.assign(document.createElement('input'), { type: 'number', min: 0, max: 99, step: 1, value: chosen[sku] ?? 0 });
    input.setAttribute('aria-label', say('quantity', { name }));
    const set = (count) => {
      input.value = Math.min(99, Math.max(0, Math.trunc(count) || 0));
      put(sku, Number(input.value));
    };
    input.addEventListener('change', () => set(Number(input.value)));
    const step = (sign, by, label) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: sign });
      button.setAttribute('aria-label', say(label, { name }));
      button.addEventListener('click', () => set(Number(input.value) + by));
      return button;
    };
    return row(name, say('each', { price: money(price) }), [step('−', -1, 'fewer'), input, step('+', 1, 'more')]);
  }

  function drawDonation({ sku, name, min, max }) {
    const range = { min: min.toLocaleString('en'), max: max.toLocaleString('en') };
    const label = say('donation', range);
    const input = Object.assign(document.createElement('input'), {
      type: 'number',
      min,
      max,
      step: 1,
      inputMode: 'numeric',
      className: 'gift',
    });
    input.value = chosen[sku] ?? '';
    input.setAttribute('aria-label', `${name}: ${label}`);
    const problem = Object.assign(document.createElement('span'), { id: `problem-${sku}`, className: 'problem' });
    input.setAttribute('aria-describedby', problem.id);
    input.addEventListener('input', () => put(sku, input.valueAsNumber));
    input.addEventListener('change', () => {
      problem.textContent = input.validity.valid ? '' : say('donationProblem', range);
      input.setAttribute('aria-invalid', !input.validity.valid);
    });
    return row(name, label, [input], problem);
  }

  return {
    async load() {
      const response = await fetch('/api/items');
      if (!response.ok) throw new Error(`The price list answered ${response.status}.`);
      items = (await response.json()).items.filter(({ kind }) => kind !== 'booking_fee');
      chosen = Object.fromEntries(Object.entries(chosen).filter(([sku]) => items.some((item) => item.sku === sku)));
      draw();
      changed();
    },
    draw,
    /** What `stk-push` is sent. */
    lines: () =>
      items
        .filter(({ sku }) => chosen[sku])
        .map(({ sku, kind }) => (kind === 'donation' ? { sku, amount: chosen[sku] } : { sku, quantity: chosen[sku] })),
    /** In shillings. M-PESA moves whole ones: what is paid is this, rounded up. */
    total: () =>
      items.reduce((sum, { sku, kind, price }) => sum + (chosen[sku] ?? 0) * (kind === 'donation' ? 100 : Math.round(price * 100)), 0) /
      100,
    /** Whether every gift is within its range. */
    isValid: () => [...list.querySelectorAll('input')].every((input) => input.validity.valid),
    clear() {
      chosen = {};
      sessionStorage.removeItem(KEY);
      draw();
      changed();
    },
  };
}

function row(name, about, controls, after = '') {
  const item = document.createElement('li');
  const words = document.createElement('p');
  const title = Object.assign(document.createElement('strong'), { textContent: name });
  const small = Object.assign(document.createElement('span'), { className: 'small', textContent: about });
  words.append(title, small, after);
  const group = Object.assign(document.createElement('p'), { className: 'stepper' });
  group.append(...controls);
  item.append(words, group);
  return item;
}
