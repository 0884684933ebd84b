import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { operations } from '../../dev/daraja/control-api.ts';
import { defaultSwitches } from '../../dev/daraja/switches.ts';
import { contentOf, createBench, PERSON } from './bench.ts';
import { requestsOf } from './requests.ts';

describe('the README', () => {
  const readme = readFileSync('dev/daraja/README.md', 'utf8');

  it.each(operations)('says what $method $path does', ({ method, path, does }) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${method} ${path.replace('/:', '/…')}\``));
    expect(row).toContain(does);
  });

  it.each(Object.keys(defaultSwitches))('explains the switch %s', (name) => {
    expect(readme).toMatch(new RegExp(`^\\| (\`\\w+\`, )?\`${name}\``, 'm'));
  });
});

describe('the control API', () => {
  it('does over HTTP what the control does', async () => {
    await using bench = await createBench();
    const { body } = await bench.push({ AccountReference: '<b>&"x"' });
    const id = body.CheckoutRequestID;
    expect((await bench.send('/simulator/prompts')).body).toMatchObject([{ checkoutRequestId: id, state: 'open' }]);
    expect((await bench.send('/simulator/handset')).body).toEqual([{ phone: PERSON, text: expect.stringContaining('KES 350') }]);
    expect((await bench.post(`/simulator/prompts/${id}/answer`, { pin: '1234' })).body).toMatchObject({ outcome: 'paid' });
    await bench.post('/simulator/clock', { advanceMs: 1_000 });
    expect((await bench.send('/simulator/clock')).body.now).toBe(bench.clock.now().toISOString());
    await bench.post(`/simulator/prompts/${id}/callback`, {});
    expect(bench.callbacks).toHaveLength(2);
    expect((await bench.send('/simulator/truth')).body).toEqual(bench.control.truth());
    expect((await bench.send('/simulator/events')).text).toContain('ended: paid');
  });

  it('arranges plans, faults, switches, wallets and tokens', async () => {
    await using bench = await createBench();
    expect((await bench.post('/simulator/plan', { phone: PERSON, outcome: 'cancelled', delayMs: 10 })).body).toEqual({ done: true });
    expect((await bench.post('/simulator/plan', { phone: PERSON, next: 1, outcome: 'wrong-pin', delayMs: 10 })).status).toBe(200);
    for (const code of [2001, 1032, 1032]) {
      await bench.push();
      await bench.clock.advance(2_000);
      expect(contentOf(bench.callbacks.at(-1)).ResultCode).toBe(code);
    }
    await bench.post('/simulator/balances', { phone: PERSON, balanceShillings: 5 });
    expect(bench.control.handset(PERSON).balanceShillings).toBe(5);
    expect((await bench.post('/simulator/switches', { wording: 'legacy' })).body).toMatchObject({ wording: 'legacy', expiresIn: 'number' });
    await bench.post('/simulator/faults', { api: 'stkpush', fault: 'waf' });
    expect((await bench.push()).status).toBe(403);
    await bench.post('/simulator/tokens/cancel', {});
    expect((await bench.push()).body.errorMessage).toBe('Invalid Access Token');
  });

  it('pays bills, repeats results and confirmations, sets floats and unlocks, over HTTP too', async () => {
    await using bench = await createBench();
    const { register, payout } = requestsOf(bench);
    await register();
    const paid = (await bench.post('/simulator/pay-bill', { phone: PERSON, amountShillings: 20, account: 'A' })).body;
    expect(paid).toEqual({ outcome: 'paid', receipt: expect.any(String) });
    expect(
      (await bench.post('/simulator/pay-bill', { phone: PERSON, amountShillings: 20, account: 'A', pin: '12' })).body.change,
    ).toContain('a PIN has four digits');
    await bench.post('/simulator/urls/174379/delete', {});
    await bench.post('/simulator/pay-bill', { phone: PERSON, amountShillings: 30, account: 'B' });
    await bench.post('/simulator/float', { shortcode: 600996, utilityShillings: 100 });
    await bench.post('/simulator/plan', { api: 'b2c', next: 1, delayMs: 10 });
    const { ConversationID } = (await payout()).body;
    await bench.clock.advance(5_000);
    expect((await bench.send('/simulator/requests')).body).toMatchObject([
      { conversationId: ConversationID, outcome: 'insufficient-float' },
    ]);
    await bench.post(`/simulator/requests/${ConversationID}/result`, {});
    await bench.post(`/simulator/confirmations/${paid.receipt}`, { bodyEdits: [{ find: '20.00', replace: '1.00' }] });
    expect(bench.callbacks.map(({ url }) => url)).toEqual(['/validation', '/confirmation', '/result', '/result', '/confirmation']);
    expect(bench.callbacks.at(-1)?.text).toContain('"TransAmount":"1.00"');
    for (const OriginatorConversationID of ['a', 'b', 'c']) await payout({ OriginatorConversationID, SecurityCredential: 'x' });
    await bench.post('/simulator/initiator/unlock', {});
    await payout({ OriginatorConversationID: 'd', Amount: 50 });
    await bench.clock.advance(5_000);
    expect(bench.control.truth()).toMatchObject({ receivedCents: '5000', sentCents: '5000' });
    await bench.post('/simulator/reset', {});
    expect(bench.control.truth()).toMatchObject({
      transactions: [],
      payoutsAccepted: 0,
      accounts: { '600996': { utilityShillings: 1_000_000 } },
    });
  });

  it('forgets everything at a reset, also what was promised, but not the options', async () => {
    await using bench = await createBench({ switches: { expiresIn: 'string' } });
    bench.control.switch({ wording: 'legacy' });
    bench.control.fault({ api: 'oauth', fault: 'waf', times: 9 });
    bench.control.plan({ random: {} });
    await bench.post('/simulator/reset', {});
    const before = (await bench.push()).body.CheckoutRequestID;
    await bench.control.answer(before, { outcome: 'cancelled' });
    await bench.post('/simulator/reset', { seed: 2 });
    // A prompt of the same id, at the same instant: the old one's callback is not for it.
    const headers = { Authorization: `Bearer ${await bench.token()}` };
    const again = await bench.post('/mpesa/stkpush/v1/processrequest', bench.pushFields(), headers);
    expect(again.body.CheckoutRequestID).toBe(before);
    await bench.clock.advance(59_000);
    expect(bench.callbacks).toEqual([]);
    await bench.post('/simulator/reset', {});
    expect(bench.control.truth()).toMatchObject({ receivedCents: '0', promptsAccepted: 0, tokenCalls: 0 });
    expect(bench.control.switch({})).toMatchObject({ wording: 'current', expiresIn: 'string' });
  });

  it.each([
    ['/simulator/nowhere', {}, 404, 'GET /simulator/truth'],
    ['/simulator/plan', '{"next":', 400, 'Send a JSON object'],
    ['/simulator/plan', { outcome: 'paid' }, 400, 'say which prompts'],
    ['/simulator/plan', { next: 1, outcome: 'payed' }, 400, 'at outcome'],
    ['/simulator/plan', { phone: '0712345678' }, 400, '2547XXXXXXXX'],
    ['/simulator/plan', { api: 'b2c', outcome: 'paid' }, 400, 'at outcome'],
    ['/simulator/plan', { api: 'c2b', timedOut: true }, 400, 'timedOut'],
    ['/simulator/plan', { api: 'b2b' }, 400, 'at api'],
    ['/simulator/pay-bill', { phone: '0712345678', amountShillings: 1, account: '' }, 400, 'at phone'],
    ['/simulator/float', { shortcode: '1', utilityShillings: 1 }, 404, 'front page'],
    ['/simulator/faults', { api: 'stkpush', fault: 'gremlins' }, 400, 'at fault'],
    ['/simulator/switches', { expiresIn: 3599 }, 400, 'at expiresIn'],
    ['/simulator/clock', { advanceMs: -1 }, 400, 'at advanceMs'],
    ['/simulator/prompts/none/answer', { pin: '1234' }, 404, 'GET /simulator/prompts lists'],
  ])('says what to change: POST %s %j', async (path, order, status, change) => {
    await using bench = await createBench();
    expect(await bench.post(path, order)).toMatchObject({
      status,
      body: { error: expect.any(String), change: expect.stringContaining(change) },
    });
  });

  it('cannot move a real clock', async () => {
    await using bench = await createBench({ clock: 'real' });
    expect(await bench.post('/simulator/clock', { advanceMs: 1 })).toMatchObject({ status: 409, body: { error: 'The clock is real.' } });
  });

  it('works on the real clock too', async () => {
    await using bench = await createBench({ clock: 'real', delays: { answerMs: 10, callbackMs: 10 } });
    await bench.push({ PhoneNumber: '254708374149' });
    await expect.poll(() => bench.callbacks.length).toBe(1);
    expect(contentOf(bench.callbacks[0]).ResultCode).toBe(0);
  });
});

describe('the handset', () => {
  it('asks as M-PESA does and shows the message about the payment', async () => {
    await using bench = await createBench();
    const { body } = await bench.push({ Amount: 1250 });
    expect(bench.control.handset(PERSON).prompt).toEqual({
      checkoutRequestId: body.CheckoutRequestID,
      text: 'Do you want to pay KES 1,250 to Duka la Kahawa account INV-7? Enter M-PESA PIN:',
      secondsLeft: 60,
    });
    await bench.control.answer(body.CheckoutRequestID, { pin: '1234' });
    const { prompt, messages } = bench.control.handset(PERSON);
    expect(prompt).toBeNull();
    expect(messages[0]?.text).toMatch(
      /^UKL[0-9A-Z]{7} Confirmed\. Ksh1,250\.00 sent to Duka la Kahawa for account INV-7 on 21\/11\/26 at 3:15 PM\. New M-PESA balance is Ksh98,750\.00\./,
    );
  });

  it('takes any four digits as PIN but 0000', async () => {
    await using bench = await createBench();
    const { body } = await bench.push();
    for (const pin of ['', '123', '12345', 'abcd', '١٢٣٤']) {
      await expect(bench.control.answer(body.CheckoutRequestID, { pin })).rejects.toThrow('A PIN has four digits.');
    }
    expect((await bench.control.answer(body.CheckoutRequestID, { pin: '0000' })).outcome).toBe('wrong-pin');
    await bench.clock.advance(1_000);
    expect(contentOf(bench.callbacks[0]).ResultCode).toBe(2001);
  });

  it('is a page that loads nothing from elsewhere and escapes what it shows', async () => {
    await using bench = await createBench({ businessName: '<script>alert(1)</script>', consumerKey: '<i>"&' });
    for (const path of ['/', '/handset', `/handset/${PERSON}`, '/handset/%3Cimg%3E', '/handset/%']) {
      const { text } = await bench.send(path);
      expect(text).not.toMatch(/<script>|<i>|<img|(src|href)="(https?:)?\/\//);
    }
    expect((await bench.send('/')).text).toContain('&lt;i&gt;&quot;&amp;');
    expect((await bench.send(`/handset/${PERSON}`)).text).toMatch(/<form id="pay-bill">[\s\S]*name="shortcode"[^>]*value="174379"/);
    expect((await bench.send('/certificate.pem')).text).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect((await bench.send('/handset/%3Cimg%3E')).status).toBe(404);
    expect((await bench.send('/pages/handset.js')).text).not.toContain('innerHTML');
    expect((await bench.send('/pages/simulator.css')).status).toBe(200);
  });
});
