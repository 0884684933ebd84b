import * as z from 'zod';
import { PdfFile } from '#ground/answers.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { invoiceFileName } from './invoice-document.ts';
import { renderInvoicePdf } from './render-pdf.ts';
import { readNumbered } from './send-invoice.ts';

/** Which invoice, by its unguessable id. */
export const DownloadInput = z.object({ id: z.uuid() });

/** An invoice as PDF, for whoever holds its id. Throws `invoice_not_found`. */
export async function downloadInvoice(app: App, { id }: z.output<typeof DownloadInput>) {
  const invoice = await readNumbered(app, id);
  if (!invoice) throw new AppError('invoice_not_found', 'There is no such invoice.');
  return new PdfFile(invoiceFileName(invoice.document.number), await renderInvoicePdf(invoice.document));
}
