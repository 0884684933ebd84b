import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { PdfFile } from '#ground/answers.ts';
import { recordSql } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { instantSql } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { countSent } from '#ground/notify/count-sent.ts';
import type { Mailer } from '#ground/notify/sendgrid-mailer.ts';
import { isUnreachable, markIfRefused } from '#ground/notify/unreachable.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { Refusal } from '#ground/outbox/refusal.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { requireRight, type Scope } from '#people/auth/rights.ts';
import { composeInvoiceEmail } from './compose-email.ts';
import { invoiceFileName } from './invoice-document.ts';
import { numberInvoices } from './number-invoices.ts';
import { readInvoice } from './read-invoice.ts';
import { renderInvoicePdf } from './render-pdf.ts';

/** A payment learnt by query has no M-PESA code yet: the mail waits this long for the code, then says that it follows. */
const RECEIPT_PATIENCE_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 10_000; // so short that the next run looks again

/** Handles `invoice_email`: numbers the invoice if need be, renders its PDF and mails it. An address that was refused for good is not tried again. */
export const sendInvoice =
  (mailer: Mailer): Deliver<'invoice_email', App> =>
  async (app: App, { invoiceId }) => {
    const invoice = await readNumbered(app, invoiceId);
    if (!invoice) throw new Error('The invoice could not be numbered.');
    const { document, email, settledAt, receiptKnown } = invoice;
    if (!email) return undefined;
    const now = app.clock.now();
    if (!receiptKnown && now.getTime() - settledAt.getTime() < RECEIPT_PATIENCE_MS) return new Date(now.getTime() + LOOK_AGAIN_MS);

    if (await isUnreachable(app.db, 'email', email)) throw new Refusal('address', 'SendGrid has refused this e-mail address before.');
    const content = await renderInvoicePdf(document);
    const composed = composeInvoiceEmail(document, { pdfUrl: `${app.config.site.url}/api/invoices/${invoiceId}.pdf` });
    const attachment = { filename: invoiceFileName(document.number), type: 'application/pdf', content };
    await markIfRefused(app.db, { channel: 'email', address: email, subject: `invoice:${invoiceId}`, now }, () =>
      mailer.send({ id: invoiceId, to: email, ...composed, attachments: [attachment] }),
    );
    await countSent(app, { channel: 'email', kind: 'invoice' });
    await app.db.execute(sql`
      with sent as (update invoices set sent_at = ${instantSql(now)} where id = ${invoiceId}::uuid returning id
      ), audited as (${recordSql({ actor: 'malipo', action: 'invoice_sent', subject: sql`id::text`, happenedAt: now, from: sql`sent` })})
      select`);
    return undefined;
  };

/** Reads an invoice; if it has no number yet, numbers the waiting invoices first. */
async function readNumbered(app: App, invoiceId: string) {
  const found = await readInvoice(app, invoiceId);
  if (found) return found;
  await numberInvoices(app.db, app.clock.now());
  return readInvoice(app, invoiceId);
}

/** Which invoice, by its unguessable id. */
export const DownloadInput = z.object({ id: z.uuid() });

/** The scopes with which a key opens invoices, which name and address are on. */
const OPENING: readonly Scope[] = ['payments:read', 'invoices:send'];

/** An invoice as PDF, for whoever holds its id; a key also needs one of `OPENING`. Throws `invoice_not_found`, `forbidden`. */
export async function downloadInvoice(app: App, { id }: z.output<typeof DownloadInput>, { caller }: Pick<Call, 'caller'>) {
  if (caller.id.startsWith('key:')) requireRight(caller, OPENING);
  const invoice = await readNumbered(app, id);
  if (!invoice) throw new AppError('invoice_not_found', 'There is no such invoice.');
  return new PdfFile(invoiceFileName(invoice.document.number), await renderInvoicePdf(invoice.document));
}
