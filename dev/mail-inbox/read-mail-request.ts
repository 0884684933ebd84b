import * as z from 'zod';

/** One mail as the inbox keeps it; a request with several personalizations makes several. */
export type Mail = {
  from: Address;
  replyTo: Address | undefined;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  text: string | undefined;
  html: string | undefined;
  headers: Record<string, string>;
  customArgs: Record<string, string>;
  categories: string[];
  attachments: Attachment[];
};
export type Address = { email: string; name?: string | undefined };
export type Attachment = {
  filename: string;
  type: string;
  disposition: 'attachment' | 'inline';
  contentId: string | undefined;
  content: string;
};
export type MailRefusal = { message: string; field: string | null; help: string };

const HELP = 'https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors';
const MAX_RECIPIENTS = 1_000;
const MAX_CUSTOM_ARGS_BYTES = 10_000;
// SendGrid sets these itself and refuses them from a caller
const RESERVED_HEADERS = new Set(
  'x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to cc bcc'.split(' '),
);

const Address = z.object({ email: z.email('Does not contain a valid address.').max(320), name: z.string().optional() });
const Addresses = z.array(Address).min(1, 'The list must hold at least one address.');
const Strings = z.record(z.string(), z.string());
const MimeType = z
  .string()
  .min(1, 'The type must be a string of at least one character.')
  .regex(/^[^;\r\n]*$/, 'The type must not contain ; or line breaks.');
const Headers = Strings.refine((headers) => Object.keys(headers).every((name) => !RESERVED_HEADERS.has(name.toLowerCase())), {
  message: 'A reserved header must not be set.',
});

const MailRequest = z.object({
  personalizations: z
    .array(
      z.object({
        to: Addresses,
        cc: Addresses.optional(),
        bcc: Addresses.optional(),
        subject: z.string().min(1, 'The subject must be a string of at least one character.').optional(),
        headers: Headers.optional(),
        custom_args: Strings.optional(),
      }),
    )
    .min(1, 'There must be at least one personalization.')
    .max(1_000, 'There are more than 1000 personalizations.'),
  from: Address,
  reply_to: Address.optional(),
  subject: z.string().min(1, 'The subject must be a string of at least one character.').optional(),
  content: z
    .array(z.object({ type: MimeType, value: z.string().min(1, 'The content value must be a string of at least one character.') }))
    .min(1, 'The content must hold at least one part.')
    .refine((parts) => parts.every((part, at) => at === 0 || rank(part.type) >= rank(parts[at - 1]?.type)), {
      message: 'text/plain must come first, then text/html, then any other type.',
    })
    .optional(),
  attachments: z
    .array(
      z.object({
        content: z.base64('The attachment content must be base64.').min(1, 'The attachment content must not be empty.'),
        filename: z.string().min(1, 'The attachment filename must be a string of at least one character.'),
        type: MimeType.default('application/octet-stream'),
        disposition: z.enum(['attachment', 'inline']).default('attachment'),
        content_id: z.string().optional(),
      }),
    )
    .optional(),
  template_id: z.string().optional(),
  headers: Headers.optional(),
  custom_args: Strings.optional(),
  categories: z.array(z.string().max(255)).max(10, 'There are more than 10 categories.').optional(),
  mail_settings: z.object({ sandbox_mode: z.object({ enable: z.boolean().optional() }).optional() }).optional(),
});

const rank = (type: string | undefined) => (type === 'text/plain' ? 0 : type === 'text/html' ? 1 : 2);

/** Judges a body as SendGrid's v3 mail/send does: the mails it asks for, or every reason why it is refused. */
export function readMailRequest(body: string): { mails: Mail[]; isSandboxed: boolean } | { refusals: MailRefusal[] } {
  const parsed = MailRequest.safeParse(parseJson(body));
  if (!parsed.success) {
    return { refusals: parsed.error.issues.map((issue) => refusal(issue.path.join('.') || null, issue.message)) };
  }
  const request = parsed.data;
  const refusals = findContradictions(request);
  if (refusals.length > 0) return { refusals };
  const part = (type: string) => request.content?.find((content) => content.type === type)?.value;
  const mails = request.personalizations.map((personal): Mail => {
    return {
      from: request.from,
      replyTo: request.reply_to,
      to: personal.to,
      cc: personal.cc ?? [],
      bcc: personal.bcc ?? [],
      subject: personal.subject ?? request.subject ?? `(template ${request.template_id})`,
      text: part('text/plain'),
      html: part('text/html'),
      headers: { ...request.headers, ...personal.headers },
      customArgs: { ...request.custom_args, ...personal.custom_args },
      categories: request.categories ?? [],
      attachments: (request.attachments ?? []).map(({ content_id, ...attachment }) => ({ ...attachment, contentId: content_id })),
    };
  });
  return { mails, isSandboxed: request.mail_settings?.sandbox_mode?.enable === true };
}

const refusal = (field: string | null, message: string): MailRefusal => ({ message, field, help: HELP });

function findContradictions(request: z.infer<typeof MailRequest>): MailRefusal[] {
  const refusals: MailRefusal[] = [];
  let recipients = 0;
  request.personalizations.forEach((personal, at) => {
    const emails = [personal.to, personal.cc ?? [], personal.bcc ?? []].flat().map(({ email }) => email.toLowerCase());
    recipients += emails.length;
    const twice = emails.find((email, index) => emails.indexOf(email) !== index);
    if (twice) refusals.push(refusal(`personalizations.${at}`, `${twice} appears more than once in to, cc and bcc.`));
    const args = JSON.stringify({ ...request.custom_args, ...personal.custom_args });
    if (Buffer.byteLength(args) > MAX_CUSTOM_ARGS_BYTES)
      refusals.push(refusal('custom_args', 'The custom arguments are over 10000 bytes.'));
  });
  if (recipients > MAX_RECIPIENTS) refusals.push(refusal('personalizations', 'There are more than 1000 recipients.'));
  if (request.template_id !== undefined) return refusals;
  if (request.content === undefined) refusals.push(refusal('content', 'The content is required when no template is named.'));
  const isNamed = request.subject !== undefined || request.personalizations.every(({ subject }) => subject !== undefined);
  if (!isNamed) refusals.push(refusal('subject', 'The subject is required, here or in every personalization.'));
  return refusals;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
