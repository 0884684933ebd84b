import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sendgrid from '@sendgrid/mail';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MailInbox, startMailInbox } from '../../dev/mail-inbox/start-mail-inbox.ts';

let inbox: MailInbox;

beforeEach(async () => {
  inbox = await startMailInbox();
});
afterEach(() => inbox.stop());

const mail = {
  to: 'wanjiku@example.com',
  from: { email: 'duka@example.com', name: 'Duka' },
  subject: 'Receipt',
  text: 'Asante',
  html: '<p>Asante</p>',
};

type Mail = Parameters<typeof sendgrid.send>[0];

function send(message: Mail, url = inbox.url) {
  sendgrid.setApiKey('SG.test');
  const { client } = sendgrid as unknown as { client: { setDefaultRequest(key: string, value: string): void } };
  client.setDefaultRequest('baseUrl', url);
  return sendgrid.send(message);
}

function post(body: unknown, headers: Record<string, string> = { authorization: 'Bearer SG.test' }) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${inbox.url}/v3/mail/send`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text });
}

const valid = {
  personalizations: [{ to: [{ email: 'wanjiku@example.com' }] }],
  from: { email: 'duka@example.com' },
  subject: 'Receipt',
  content: [{ type: 'text/plain', value: 'Asante' }],
};

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was accepted'),
    (error: unknown) => error,
  );

it('takes a mail from the SendGrid client and names it', async () => {
  const [response] = await send({ ...mail, customArgs: { outboxId: 'receipt:7' }, headers: { 'X-Ours': 'yes' } });
  expect(response.statusCode).toBe(202);
  expect(response.body).toBe('');
  const [message] = inbox.messages();
  expect(response.headers['x-message-id']).toBe(message?.id);
  expect(message).toMatchObject({
    from: { email: 'duka@example.com', name: 'Duka' },
    to: [{ email: 'wanjiku@example.com' }],
    subject: 'Receipt',
    text: 'Asante',
    html: '<p>Asante</p>',
    customArgs: { outboxId: 'receipt:7' },
    headers: { 'X-Ours': 'yes' },
  });
});

it('hands an attachment back byte for byte, under its name and type, and never to be shown in place', async () => {
  const content = Buffer.from([0x25, 0x50, 0x44, 0x46, 0, 255, 128]);
  await send({ ...mail, attachments: [{ filename: 'ankara Ũ.pdf', type: 'application/pdf', content: content.toString('base64') }] });
  const id = inbox.messages()[0]?.id;
  const response = await fetch(`${inbox.url}/messages/${id}/attachments/0`);
  expect(response.headers.get('content-type')).toBe('application/pdf');
  expect(response.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''ankara%20%C5%A8.pdf");
  expect(Buffer.from(await response.arrayBuffer())).toEqual(content);
  expect((await fetch(`${inbox.url}/messages/${id}/attachments/1`)).status).toBe(404);
});

it('makes one message per personalization', async () => {
  const personalizations = ['a@example.com', 'b@example.com'].map((email) => ({ to: [{ email }], subject: `For ${email}` }));
  expect((await post({ ...valid, subject: undefined, personalizations })).status).toBe(202);
  expect(inbox.messages().map(({ subject }) => subject)).toEqual(['For a@example.com', 'For b@example.com']);
  expect(new Set(inbox.messages().map(({ id }) => id)).size).toBe(2);
});

it('refuses a caller without a key', async () => {
  for (const authorization of ['', 'Bearer ', 'Basic abc']) {
    const response = await post(valid, { authorization });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ errors: [{ field: null }] });
  }
  expect(inbox.messages()).toEqual([]);
});

it.each<[string, string | null, unknown]>([
  ['text that is not JSON', null, '{'],
  ['no recipient', 'personalizations', { ...valid, personalizations: [] }],
  ['an empty list of recipients', 'personalizations.0.to', { ...valid, personalizations: [{ to: [] }] }],
  ['an address that is none', 'personalizations.0.to.0.email', { ...valid, personalizations: [{ to: [{ email: 'wanjiku' }] }] }],
  [
    'the same address twice',
    'personalizations.0',
    { ...valid, personalizations: [{ to: [{ email: 'a@b.ke' }], bcc: [{ email: 'A@b.ke' }] }] },
  ],
  ['no sender', 'from', { ...valid, from: undefined }],
  ['no subject', 'subject', { ...valid, subject: undefined }],
  ['an empty subject', 'subject', { ...valid, subject: '' }],
  ['no content', 'content', { ...valid, content: undefined }],
  ['empty content', 'content.0.value', { ...valid, content: [{ type: 'text/plain', value: '' }] }],
  [
    'HTML before text',
    'content',
    {
      ...valid,
      content: [
        { type: 'text/html', value: '<p>' },
        { type: 'text/plain', value: 'x' },
      ],
    },
  ],
  ['an attachment that is not base64', 'attachments.0.content', { ...valid, attachments: [{ filename: 'a.pdf', content: 'æ' }] }],
  ['an attachment without a name', 'attachments.0.filename', { ...valid, attachments: [{ content: 'YQ==' }] }],
  ['custom arguments that are not text', 'custom_args.id', { ...valid, custom_args: { id: 7 } }],
  ['a header that SendGrid keeps to itself', 'headers', { ...valid, headers: { Subject: 'x' } }],
])('refuses %s and names the field', async (_, field, body) => {
  const response = await post(body);
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: { field: string | null; message: string }[] };
  expect(errors.map((error) => error.field)).toContain(field);
  expect(inbox.messages()).toEqual([]);
});

it('refuses more than 30 MB', async () => {
  const content = [{ type: 'text/plain', value: 'x'.repeat(30 * 1024 * 1024) }];
  expect((await post({ ...valid, content })).status).toBe(413);
});

it('checks but does not keep a mail in sandbox mode', async () => {
  const sandbox = { mail_settings: { sandbox_mode: { enable: true } } };
  expect((await post({ ...valid, ...sandbox })).status).toBe(200);
  expect((await post({ ...valid, ...sandbox, subject: '' })).status).toBe(400);
  expect(inbox.messages()).toEqual([]);
});

it.each([429, 500, 413])('fails the next sends with %i when told to, then recovers', async (status) => {
  inbox.failNext(2, status);
  expect(await rejection(send(mail))).toMatchObject({ code: status, response: { body: { errors: [{ message: expect.any(String) }] } } });
  expect(await rejection(send(mail))).toMatchObject({ code: status });
  expect(inbox.messages()).toEqual([]);
  await send(mail);
  expect(inbox.messages()).toHaveLength(1);
});

it('can go silent before it took a mail, or lose its answer after', async () => {
  inbox.failNext(1, 'silence');
  expect(await rejection(send(mail))).toMatchObject({ code: 'ECONNRESET' });
  expect(inbox.messages()).toHaveLength(0);
  expect((await fetch(`${inbox.url}/fail-next?times=1&failure=lost+answer`, { method: 'POST' })).status).toBe(204);
  await rejection(send(mail));
  expect(inbox.messages()).toHaveLength(1);
});

it('finds its messages again after a restart, in order, and forgets them when emptied', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'malipo-mail-'));
  try {
    const first = await startMailInbox({ dir });
    for (const subject of ['one', 'two']) await send({ ...mail, subject }, first.url);
    await first.stop();
    const again = await startMailInbox({ dir });
    await send({ ...mail, subject: 'three' }, again.url);
    expect(again.messages().map(({ subject }) => subject)).toEqual(['one', 'two', 'three']);
    await fetch(`${again.url}/messages`, { method: 'DELETE' });
    expect(again.messages()).toEqual([]);
    expect(readdirSync(dir)).toEqual([]);
    await again.stop();
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('lists messages as JSON, without the weight of their attachments', async () => {
  await send({ ...mail, attachments: [{ filename: 'a.txt', type: 'text/plain', content: 'YWJj' }] });
  const [listed] = (await (await fetch(`${inbox.url}/messages`)).json()) as { id: string }[];
  expect(listed).toMatchObject({ subject: 'Receipt', attachments: [{ filename: 'a.txt', bytes: 3 }] });
  expect(await (await fetch(`${inbox.url}/messages/${listed?.id}`)).json()).toEqual(listed);
  expect((await fetch(`${inbox.url}/messages/unknown`)).status).toBe(404);
});

it('shows a hostile mail as text and in a frame without rights, on a page that runs only its own script', async () => {
  const evil = `"><script>alert('x')</script><img src=x onerror=alert(1)>`;
  await post({
    ...valid,
    from: { email: 'duka@example.com', name: evil },
    subject: evil,
    content: [
      { type: 'text/plain', value: evil },
      { type: 'text/html', value: evil },
    ],
    attachments: [{ filename: evil, type: 'text/html', content: 'YQ==' }],
  });
  const response = await fetch(inbox.url);
  const page = await response.text();
  const policy = response.headers.get('content-security-policy') ?? '';
  const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1];
  expect(page.match(/<script[^>]*>/g)).toEqual([`<script nonce="${nonce}">`]);
  expect(page).not.toContain('<img');
  expect(page).toContain('&#60;script&#62;');
  const [frame, source] = /<iframe[^>]*sandbox="[^"]*" src="([^"]*)"/.exec(page) ?? [];
  expect(frame).not.toMatch(/allow-(scripts|same-origin)/);
  const framed = await fetch(inbox.url + source);
  expect(await framed.text()).toContain(evil);
  expect(framed.headers.get('content-security-policy')).toMatch(
    /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; /,
  );
  expect(policy).toContain("default-src 'none'");
  expect(page).not.toMatch(/(src|href)="https?:/);
});

it('shows the images that a mail brings along', async () => {
  const attachments = [{ filename: 'l.png', type: 'image/png', content: 'YQ==', disposition: 'inline', content_id: 'logo' }];
  await send({ ...mail, html: '<img src="cid:logo">', attachments });
  const id = inbox.messages()[0]?.id;
  const html = await (await fetch(`${inbox.url}/messages/${id}/html`)).text();
  expect(html).toContain(`<img src="/messages/${id}/attachments/0">`);
});

it('opens the newest mail, or the one asked for', async () => {
  for (const subject of ['older', 'newer']) await send({ ...mail, subject });
  const heading = async (url: string) => /<h2>(.*?)<\/h2>/.exec(await (await fetch(url)).text())?.[1];
  expect(await heading(inbox.url)).toBe('newer');
  expect(await heading(`${inbox.url}/?id=${inbox.messages()[0]?.id}`)).toBe('older');
});
