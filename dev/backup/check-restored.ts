import type pg from 'pg';
import { getDocumentProxy } from 'unpdf';
import { findOtherKeys } from '#desk/health/find-other-keys.ts';
import { environment } from '#ground/config/config.ts';
import type { Db } from '#ground/db/types.ts';
import { findNewestInvoice } from '#shop/invoices/find-newest.ts';
import { readInvoice } from '#shop/invoices/read-invoice.ts';
import { renderInvoicePdf } from '#shop/invoices/render-pdf.ts';
import { sumBalances } from './catalogue.ts';
import type { Manifest } from './records.ts';

const TRIAL_BALANCE = `
  select coalesce(sum(m.cents), 0)::text as rest, count(*)::text as accounts from moved_in_all_1(null) m join accounts a on a.id = m.account where a.parent is null`;

/** Throws where the books do not balance, or are not what they were in the backup. Returns a sentence. */
export async function checkBalances(client: pg.Client, { balances }: Manifest): Promise<string> {
  const { rows } = await client.query<{ rest: string; accounts: string }>(TRIAL_BALANCE);
  if (rows[0]?.rest !== '0') throw new Error(`The books do not balance: debits and credits differ by ${rows[0]?.rest} cents.`);
  const here = await sumBalances(client);
  const differ = [...new Set([...Object.keys(balances), ...Object.keys(here)])].filter((account) => balances[account] !== here[account]);
  if (differ.length > 0) throw new Error(`Balances differ from those in the backup: ${differ.join(', ')}.`);
  return `The books balance: debits less credits are 0 over ${rows[0].accounts} accounts, each as in the backup.`;
}

/** Throws where personal data cannot be read with the keys here, or the newest invoice makes no PDF that opens. Returns a sentence. */
export async function checkInvoice(db: Db): Promise<string> {
  const { other } = await findOtherKeys(db);
  if (other)
    throw new Error(`${other} here is not the one that this backup was written with: put the keys of its time behind the present ones.`);
  const id = await findNewestInvoice(db);
  if (!id) return 'There is no numbered invoice to open.';
  const read = await readInvoice({ db, config: { organisation: seller() } as never }, id);
  if (!read) throw new Error('The newest invoice cannot be read.');
  const { numPages } = await getDocumentProxy(new Uint8Array(await renderInvoicePdf(read.document)));
  return `${read.document.number} opens as a PDF of ${numPages} ${numPages === 1 ? 'page' : 'pages'}.`;
}

const seller = () => ({ name: environment().ORGANISATION_NAME ?? 'A restored copy', address: [], colour: '#0b7a3b' });
