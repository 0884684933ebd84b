-- Walls: each SQL function stands with the table it writes, in versions of their own beside those of the last release; and rules that the schema lacked.
ALTER TABLE "idempotency_keys" ADD COLUMN "subject_id" uuid;--> statement-breakpoint
ALTER TABLE "invoices" ADD CONSTRAINT "invoices_credits_id_invoices_id_fk" FOREIGN KEY ("credits_id") REFERENCES "public"."invoices"("id") ON DELETE no action ON UPDATE no action NOT VALID;--> statement-breakpoint
ALTER TABLE "penalties" ADD CONSTRAINT "penalties_instalment" FOREIGN KEY ("loan_id","number") REFERENCES "public"."instalments"("loan_id","number") ON DELETE no action ON UPDATE no action NOT VALID;--> statement-breakpoint
ALTER TABLE "waivers" ADD CONSTRAINT "waivers_penalty" FOREIGN KEY ("loan_id","number","period") REFERENCES "public"."penalties"("loan_id","number","period") ON DELETE no action ON UPDATE no action NOT VALID;--> statement-breakpoint
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_payment_id_payments_id_fk" FOREIGN KEY ("payment_id") REFERENCES "public"."payments"("id") ON DELETE no action ON UPDATE no action NOT VALID;--> statement-breakpoint
ALTER TABLE "evidence" ADD CONSTRAINT "evidence_source" CHECK ("evidence"."source" in ('callback', 'query', 'c2b', 'b2c', 'reversal', 'transaction-status', 'account-balance', 'pull', 'statement')) NOT VALID;--> statement-breakpoint
ALTER TABLE "evidence" ADD CONSTRAINT "evidence_verdict" CHECK ("evidence"."verdict" in ('pays', 'names', 'late', 'fails', 'rejects', 'known', 'unclear', 'unread_payer', 'doubted', 'contradicts', 'no_attempt', 'no_withdrawal', 'no_deposit', 'no_inquiry', 'amount_differs', 'phone_differs', 'second_receipt', 'two_receipts', 'receipt_used', 'already_reversed', 'other_checkout', 'other_conversation', 'other_transaction', 'arrives', 'ties', 'own_payout', 'unreadable', 'other_shortcode', 'adopts', 'answers', 'confirms', 'other_receipt', 'other_amount', 'other_party', 'not_completed')) NOT VALID;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_kind" CHECK ("transfers"."kind" in ('mpesa_in', 'proved', 'proved_after_all', 'disproved', 'merged', 'claimed', 'swapped', 'taken_back', 'reversed_elsewhere', 'gathered', 'counter_sale', 'sale', 'surplus', 'suspense', 'match', 'payout_reserve', 'payout_paid', 'payout_released', 'payout_late', 'credit_note', 'given_twice', 'hold', 'hold_resolved', 'savings_deposit', 'loan_fee', 'repayment', 'repayment_corrected', 'unmatch', 'top_up', 'sweep', 'charge')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_fee_charged" CHECK ("loan_products"."fee_charged" in ('deducted', 'instalments')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_penalty_kind" CHECK ("loan_products"."penalty_kind" in ('none', 'fixed', 'percent')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_penalty_frequency" CHECK ("loan_products"."penalty_frequency" in ('once', 'per_period')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_excess" CHECK ("loan_products"."excess" in ('instalment', 'full')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_early_settlement" CHECK ("loan_products"."early_settlement" in ('all_interest', 'interest_to_date')) NOT VALID;--> statement-breakpoint
ALTER TABLE "loan_products" ADD CONSTRAINT "loan_products_allocation_order" CHECK (cardinality("loan_products"."allocation_order") = 4 and "loan_products"."allocation_order" @> array['penalty', 'fee', 'interest', 'principal']) NOT VALID;--> statement-breakpoint
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_kind" CHECK ("payouts"."kind" in ('payment', 'refund', 'reversal', 'manual', 'loan')) NOT VALID;
--> statement-breakpoint
-- Evidence is never removed, and says for ever what was said, from where and when. Its verdict may be judged anew, and its body be encrypted under another key: the hash is of the words.
create function refuse_evidence_change_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (new.id, new.source, new.body_hash, new.received_at) = (old.id, old.source, old.body_hash, old.received_at) then return new; end if;
  raise exception 'Evidence is kept as it came: % is refused', tg_op using errcode = 'MP002';
end $$;
--> statement-breakpoint
-- Claims a caller's key for what is about to be done; without a key there is nothing to claim. One that was used before refuses with what is known of it: whether it came
-- with the same request, and what that was answered.
create or replace function claim_key_1(p_scope text, p_key text, p_fingerprint text, p_owner uuid, p_subject uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  claim idempotency_keys;
begin
  if p_key is null then return; end if;
  -- waits for who claims it at this moment, and then sees the row that won
  insert into idempotency_keys as k (scope, key, fingerprint, owner_id, subject_id, payment_id, created_at)
  values (p_scope, p_key, p_fingerprint, p_owner, p_subject, p_subject, p_now)
  on conflict (scope, key) do update set scope = k.scope
  returning k.* into claim;
  if claim.owner_id <> p_owner then
    perform refuse('key_used', jsonb_build_object('same', claim.fingerprint = p_fingerprint, 'status', claim.status, 'body', claim.body,
      'subjectId', coalesce(claim.subject_id, claim.payment_id), 'createdAt', claim.created_at));
  end if;
end $$;
--> statement-breakpoint
create trigger evidence_is_kept before update or delete on evidence for each row execute function refuse_evidence_change_1();
--> statement-breakpoint
create trigger evidence_is_not_emptied before truncate on evidence for each statement execute function refuse_evidence_change_1();
--> statement-breakpoint
create trigger accounts_are_not_emptied before truncate on accounts for each statement execute function refuse_account_change_1();
