import type { Server } from 'node:http';
import express from 'express';
import pg from 'pg';

type StkCallback = {
  CheckoutRequestID: string;
  ResultCode: number;
  CallbackMetadata?: { Item: { Name: string; Value?: string | number }[] };
};
type Attempt = { id: string; payment_id: string; amount_cents: string; state: string };

const VAT_PERCENT = 16n;

/**
 * What a good flow written by hand does with a callback: one transaction of ten statements, prepared once on each connection, over a direct connection, then 200.
 * It locks, keeps the body, moves the states, books sale and VAT, drafts the invoice and promises its mail; a repeated callback only leaves its body.
 */
export function baselineServer(databaseUrl: string): Promise<Server> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const app = express();
  app.disable('x-powered-by').disable('etag').use(express.json());
  app.post('/callback', async (request, response) => {
    const callback: StkCallback | undefined = request.body?.Body?.stkCallback;
    if (!callback) return response.status(400).end();
    const client = await pool.connect();
    try {
      await client.query(BEGIN);
      await settle(client, callback, JSON.stringify(request.body));
      await client.query(COMMIT);
      return response.json({ ResultCode: 0, ResultDesc: 'Accepted' });
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      console.error(error);
      return response.status(500).end();
    } finally {
      client.release();
    }
  });
  return new Promise((ready) => {
    const server = app.listen(0, '127.0.0.1', () => ready(server));
  });
}

async function settle(client: pg.PoolClient, callback: StkCallback, body: string): Promise<void> {
  const { rows } = await client.query<Attempt>({ ...FIND, values: [callback.CheckoutRequestID] });
  await client.query({ ...KEEP, values: [callback.CheckoutRequestID, body] });
  const [attempt] = rows;
  if (attempt?.state !== 'pending') return;
  const details = Object.fromEntries((callback.CallbackMetadata?.Item ?? []).map(({ Name, Value }) => [Name, Value]));
  const cents = BigInt(attempt.amount_cents);
  const paid = callback.ResultCode === 0 && BigInt(details.Amount ?? 0) * 100n === cents;
  const state = paid ? 'paid' : 'failed';
  await client.query({ ...END_ATTEMPT, values: [attempt.id, state, details.MpesaReceiptNumber, String(callback.ResultCode)] });
  await client.query({ ...END_PAYMENT, values: [attempt.payment_id, state] });
  if (!paid) return;
  const deposit = await client.query<{ id: string }>({
    ...{ ...DEPOSIT, values: [attempt.payment_id, attempt.id, attempt.amount_cents, details.MpesaReceiptNumber] },
  });
  const net = (cents * 100n) / (100n + VAT_PERCENT);
  await client.query({ ...BOOK, values: [deposit.rows[0]?.id, net.toString(), (cents - net).toString()] });
  const invoice = await client.query<{ id: string }>({ ...INVOICE, values: [attempt.payment_id, attempt.amount_cents] });
  const id = invoice.rows[0]?.id;
  await client.query({ ...PROMISE, values: [`invoice:${id}`, JSON.stringify({ kind: 'invoice_email', invoiceId: id })] });
}

const BEGIN = { name: 'begin', text: 'begin' };
const COMMIT = { name: 'commit', text: 'commit' };
const FIND = {
  name: 'find',
  text: `select a.id, a.payment_id, a.amount_cents, a.state from attempts a join payments p on p.id = a.payment_id where a.checkout_id = $1 for update`,
};
const KEEP = { name: 'keep', text: 'insert into callbacks (checkout_id, body) values ($1, $2)' };
const END_ATTEMPT = { name: 'end_attempt', text: 'update attempts set state = $2, receipt = $3, result_code = $4 where id = $1' };
const END_PAYMENT = { name: 'end_payment', text: 'update payments set status = $2, settled_at = now() where id = $1' };
const DEPOSIT = {
  name: 'deposit',
  text: 'insert into deposits (payment_id, attempt_id, amount_cents, receipt) values ($1, $2, $3, $4) returning id',
};
const BOOK = {
  name: 'book',
  text: `insert into transfers (kind, source_id, leg, debit, credit, amount_cents) values ('mpesa_in', $1, 1, 'float', 'sales', $2), ('mpesa_in', $1, 2, 'float', 'vat', $3)`,
};
const INVOICE = { name: 'invoice', text: 'insert into invoices (payment_id, total_cents) values ($1, $2) returning id' };
const PROMISE = { name: 'promise', text: 'insert into outbox (dedupe_key, message) values ($1, $2) on conflict do nothing' };
