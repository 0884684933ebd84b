import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const [, script = ''] = /<script type="module">\n([\s\S]*?)<\/script>/.exec(readFileSync('docs/checkout-page.html', 'utf8')) ?? [];
const AsyncFunction = (async () => {}).constructor as new (...names: string[]) => (...values: unknown[]) => Promise<void>;

type Answer = { status: number; body: Record<string, unknown> };

/** The page to copy, in a browser that remembers `paymentId` and whose shop gives these answers, one after the other. */
async function openPage(remembered: string | null, answers: Answer[]) {
  const kept = new Map(remembered ? [['paymentId', remembered]] : []);
  const asked: { path: string; body?: Record<string, unknown> }[] = [];
  let submit: ((event: { preventDefault(): void }) => Promise<void>) | undefined;
  const pay = { disabled: false };
  const says = { textContent: '', append: () => {} };
  const form = { addEventListener: (_: string, listener: typeof submit) => (submit = listener) };
  const environment = {
    document: { getElementById: (id: string) => ({ form, pay, says })[id], createElement: () => ({}), hidden: false },
    sessionStorage: {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => kept.set(name, value),
      removeItem: (name: string) => kept.delete(name),
    },
    FormData: class {
      *[Symbol.iterator]() {
        yield ['phoneNumber', '0712345678'];
      }
    },
    setTimeout: (done: () => void) => {
      if (answers.length === 0) throw new Error('The page asks on and on.');
      done();
    },
    fetch: async (url: string, { body }: { body?: string } = {}) => {
      asked.push({ path: new URL(url).pathname, ...(body && { body: JSON.parse(body) }) });
      const answer = answers.shift();
      if (!answer) throw new Error('The page asks for more than was expected.');
      return { status: answer.status, ok: answer.status < 300, json: async () => answer.body };
    },
  };
  await new AsyncFunction(...Object.keys(environment), script)(...Object.values(environment));
  return { pay, says, asked, kept, press: () => submit?.({ preventDefault: () => {} }) };
}

const poll = (status: string, more = {}): Answer => ({ status: 200, body: { status, customerMessage: `It is ${status}.`, ...more } });

test.each(['reversed', 'refunded'])('a page whose payment is %s says so, and the next press is a new order', async (status) => {
  const page = await openPage('one', [poll('unknown'), poll(status), { status: 422, body: { detail: 'No.' } }]);
  expect([page.says.textContent, page.pay.disabled, page.kept.size]).toEqual([`It is ${status}.`, false, 0]);
  await page.press();
  expect(page.asked.at(-1)?.body).toMatchObject({ items: [{ sku: 'coffee', quantity: 2 }] });
});

test('a page that asks for a payment which was taken back shows the words for it, and the next press is a new order', async () => {
  const refused = {
    status: 409,
    body: { code: 'payment_returned', paymentId: 'one', detail: 'In English.', customerMessage: 'Start a new order.' },
  };
  const page = await openPage('one', [poll('failed'), refused, { status: 422, body: { detail: 'No.' } }]);
  await page.press();
  expect([page.says.textContent, page.pay.disabled, page.kept.size]).toEqual(['Start a new order.', false, 0]);
  await page.press();
  expect(page.asked.map(({ body }) => body && 'items' in body)).toEqual([undefined, false, true]);
});

test('a page whose payment is being checked shows that, and waits for what becomes of it', async () => {
  const refused = { status: 409, body: { code: 'payment_being_checked', paymentId: 'one' } };
  const page = await openPage('one', [
    poll('failed'),
    refused,
    poll('unknown', { proved: false }),
    poll('paid', { invoiceUrl: '/api/invoices/one.pdf' }),
  ]);
  await page.press();
  expect([page.says.textContent, page.kept.size]).toEqual(['It is paid.', 0]);
});
