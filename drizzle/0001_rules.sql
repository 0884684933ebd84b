-- Stops a statement with a reason that the application understands; everything the statement or batch wrote is rolled back with it.
create function refuse(code text, detail jsonb default '{}') returns boolean language plpgsql as $$
begin
  raise exception using errcode = 'MP001', message = code, detail = detail::text;
end $$;
--> statement-breakpoint
-- What has been booked or recorded stays as it is: a correction is a new row.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = 'MP002';
end $$;
--> statement-breakpoint
create trigger transfers_are_immutable before update or delete on transfers for each row execute function refuse_change();
--> statement-breakpoint
create trigger transfers_are_not_emptied before truncate on transfers for each statement execute function refuse_change();
--> statement-breakpoint
create trigger audit_is_immutable before update or delete on audit for each row execute function refuse_change();
--> statement-breakpoint
create trigger audit_is_not_emptied before truncate on audit for each statement execute function refuse_change();
--> statement-breakpoint
insert into accounts (id, kind, name) values
  ('paybill_float', 'asset', 'M-PESA paybill or till'),
  ('clearing', 'liability', 'Settled, waiting to be allocated'),
  ('sales', 'income', 'Sales'),
  ('donations', 'income', 'Donations'),
  ('vat_payable', 'liability', 'VAT payable'),
  ('rounding', 'income', 'Rounding to whole shillings'),
  ('customer_credit', 'liability', 'Owed back to customers'),
  ('payout_reserve', 'liability', 'Promised and on its way out'),
  ('expenses', 'expense', 'Paid to others'),
  ('refunds', 'expense', 'Given back to customers'),
  ('booking_escrow', 'liability', 'Booking fees held'),
  ('booking_payable', 'liability', 'Booking fees owed to others'),
  ('booking_fees', 'income', 'Booking fees'),
  ('bank', 'asset', 'Bank account'),
  ('suspense', 'liability', 'Money whose purpose is not known yet');
--> statement-breakpoint
-- A exempt, B standard, C zero-rated, D outside VAT, E reduced (petroleum). A change of rate is a new row with its first day.
insert into vat_rates (vat_class, valid_from, basis_points) values
  ('A', '2021-01-01', 0),
  ('B', '2021-01-01', 1600),
  ('C', '2021-01-01', 0),
  ('D', '2021-01-01', 0),
  ('E', '2021-01-01', 800);
--> statement-breakpoint
-- Checked at the end of a statement: one statement may hand a receipt or an attempt from one deposit to another.
alter table deposits drop constraint deposits_receipt_unique, add constraint deposits_receipt_unique unique (receipt) deferrable initially immediate;
--> statement-breakpoint
alter table deposits drop constraint deposits_attempt_id_unique, add constraint deposits_attempt_id_unique unique (attempt_id) deferrable initially immediate;
