/** The tables of a flow written by hand: what ours keeps of a callback, its payment, the books, the invoice and the promise to mail it. */
export const BASELINE_SCHEMA = `
create table payments (
  id bigint generated always as identity primary key, amount_cents bigint not null, status text not null, settled_at timestamptz, created_at timestamptz not null default now());
create table attempts (
  id bigint generated always as identity primary key, payment_id bigint not null references payments, checkout_id text not null unique, amount_cents bigint not null,
  state text not null, receipt text, result_code text);
create table callbacks (
  id bigint generated always as identity primary key, checkout_id text not null, body jsonb not null, received_at timestamptz not null default now());
create table deposits (
  id bigint generated always as identity primary key, payment_id bigint not null references payments, attempt_id bigint not null references attempts,
  amount_cents bigint not null, receipt text not null unique);
create table transfers (
  id bigint generated always as identity primary key, kind text not null, source_id bigint not null, leg int not null, debit text not null, credit text not null,
  amount_cents bigint not null, unique (kind, source_id, leg));
create table invoices (id bigint generated always as identity primary key, payment_id bigint not null unique references payments, total_cents bigint not null);
create table outbox (id bigint generated always as identity primary key, dedupe_key text not null unique, message jsonb not null);
create index deposits_payment on deposits (payment_id);
create index attempts_payment on attempts (payment_id);`;
