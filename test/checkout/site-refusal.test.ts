import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

type Answer = { status: number; body: Record<string, unknown> };
type Sent = { path: string; body?: Record<string, unknown> };

/** As much of an element as the pages use. What is read as HTML fails the test. */
class FakeElement {
  textContent = '';
  value = '';
  hidden = false;
  disabled = false;
  href = '';
  dataset: Record<string, string> = {};
  attributes = new Map<string, string>();
  listeners = new Map<string, ((event: { preventDefault(): void }) => void)[]>();
  set innerHTML(_: string) {
    throw new Error('HTML was written.');
  }
  setAttribute(name: string, value: unknown) {
    this.attributes.set(name, String(value));
  }
  focus() {}
  addEventListener(name: string, listener: (event: { preventDefault(): void }) => void) {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }
  fire(name: string) {
    for (const listener of this.listeners.get(name) ?? []) listener({ preventDefault: () => undefined });
  }
}

class FakeStorage {
  kept = new Map<string, string>();
  getItem = (name: string) => this.kept.get(name) ?? null;
  setItem = (name: string, value: string) => void this.kept.set(name, value);
  removeItem = (name: string) => void this.kept.delete(name);
}

type Checkout = { request(body: object): void; start(): void };

/** The checkout of a page in this language, whose shop gives these answers, one after the other. */
async function openCheckout(language: 'en' | 'sw', answers: Answer[]) {
  const elements = new Map<string, FakeElement>();
  const at = (id: string) => {
    const element = elements.get(id) ?? new FakeElement();
    elements.set(id, element);
    return element;
  };
  const buttons = (['en', 'sw'] as const).map((each) => Object.assign(new FakeElement(), { dataset: { language: each } }));
  const sent: Sent[] = [];
  const local = new FakeStorage();
  local.setItem('malipo-language', language);
  vi.stubGlobal('document', {
    ...{ body: { dataset: { shop: 'Duka' } }, documentElement: {}, hidden: false, getElementById: at, addEventListener: () => undefined },
    querySelectorAll: (which: string) => (which === '[data-language]' ? buttons : []),
  });
  vi.stubGlobal('localStorage', local);
  vi.stubGlobal('sessionStorage', new FakeStorage());
  vi.stubGlobal('navigator', { language: 'en', onLine: true });
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('fetch', async (url: string, { body }: { body?: string } = {}) => {
    sent.push({ path: url, ...(body && { body: JSON.parse(body) as Record<string, unknown> }) });
    const answer = answers.shift() ?? { status: 503, body: {} };
    return Response.json(answer.body, { status: answer.status });
  });
  vi.resetModules();
  const { createCheckout } = (await import(pathToFileURL(path.resolve('site/checkout.js')).href)) as {
    createCheckout(options: object): Checkout;
  };
  const checkout = createCheckout({ draw: () => undefined, fields: { phoneNumber: { input: 'phone' } } });
  checkout.start();
  return { at, buttons, sent, checkout, until: (done: () => boolean) => vi.waitFor(() => expect(done()).toBe(true)) };
}

const refusal = (customerMessage: string): Answer => ({
  status: 409,
  body: { code: 'prompt_open', detail: 'In English.', customerMessage },
});

beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('a refusal is shown in the words of the server, as text', async () => {
  const page = await openCheckout('en', [refusal('<img src=x onerror=alert(1)>')]);
  page.checkout.request({ phoneNumber: '0712345678', language: 'en', items: [] });
  await page.until(() => page.at('form-problem').textContent !== '');
  expect(page.at('form-problem').textContent).toBe('<img src=x onerror=alert(1)>');
});

test('a retry is asked for in the language of the page, so that its refusal comes in it', async () => {
  const failed = {
    status: 422,
    body: { code: 'phone_refused', paymentId: 'one', failureReason: 'wrong_pin', customerMessage: 'PIN si sahihi.' },
  };
  const page = await openCheckout('sw', [failed, refusal('Kuna ombi la malipo.')]);
  page.checkout.request({ phoneNumber: '0712345678', language: 'sw', items: [] });
  await page.until(() => page.at('state-text').textContent === 'PIN si sahihi.');
  page.at('retry-phone').value = '0712345678';
  page.at('retry').fire('submit');
  await page.until(() => page.at('retry-problem').textContent === 'Kuna ombi la malipo.');
  expect(page.sent.map(({ body }) => body?.language)).toEqual(['sw', 'sw']);
});

test.each([
  ['en', 'The request was not accepted. Try again shortly.'],
  ['sw', 'Ombi halikukubaliwa. Jaribu tena baadaye.'],
] as const)('a refusal without words of the server has some of the page (%s)', async (language, words) => {
  const page = await openCheckout(language, [{ status: 429, body: {} }]);
  page.checkout.request({ phoneNumber: '0712345678', language, items: [] });
  await page.until(() => page.at('form-problem').textContent !== '');
  expect(page.at('form-problem').textContent).toBe(words);
});

test('a retry that is refused leaves a button to press again, also where the first answer named no amount', async () => {
  const failed = {
    status: 422,
    body: { code: 'phone_refused', paymentId: 'one', failureReason: 'wrong_pin', customerMessage: 'Wrong PIN.' },
  };
  const page = await openCheckout('en', [failed, refusal('A request is open.'), refusal('It is still open.')]);
  page.checkout.request({ phoneNumber: '0712345678', language: 'en', items: [] });
  await page.until(() => page.at('state-text').textContent === 'Wrong PIN.');
  page.at('retry-phone').value = '0712345678';
  page.at('retry').fire('submit');
  await page.until(() => page.at('retry-problem').textContent === 'A request is open.');
  expect([page.at('retry-pay').textContent, page.at('retry-pay').disabled]).toEqual(['Pay', false]);
});

test('a refusal is said again in the language that the page changes to, and back', async () => {
  const page = await openCheckout('en', [refusal('A payment request is open on this phone.')]);
  page.checkout.request({ phoneNumber: '0712345678', language: 'en', items: [] });
  await page.until(() => page.at('form-problem').textContent !== '');
  page.buttons[1]?.fire('click');
  expect(page.at('form-problem').textContent).toBe('Ombi halikukubaliwa. Jaribu tena baadaye.');
  page.buttons[0]?.fire('click');
  expect(page.at('form-problem').textContent).toBe('A payment request is open on this phone.');
});
