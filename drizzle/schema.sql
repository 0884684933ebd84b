-- The database as the migrations make it. Written by `npm run db:schema`, and held by a test.

-- src/ground/audit/audit.schema.ts

create table audit (
  id uuid not null,
  actor text not null,
  action text not null,
  subject text not null,
  before jsonb,
  after jsonb,
  request_id text,
  happened_at timestamptz not null,
  constraint audit_pkey primary key (id)
);
create index audit_action on audit (action, happened_at, id) where (action <> 'payment_paid');
create index audit_actor on audit (actor, happened_at, id) where (actor <> 'safaricom');
create index audit_happened on audit (happened_at, id);
create index audit_subject on audit (subject, happened_at, id);
create trigger audit_is_immutable before delete or update on audit for each row execute function refuse_change();
create trigger audit_is_not_emptied before truncate on audit for each statement execute function refuse_change();
create trigger audit_keeps_event after insert on audit for each row execute function keep_webhook_event_1();

-- src/ground/db/environment.schema.ts

create table database_environment (
  is_only boolean not null default true,
  environment text not null,
  claimed_at timestamptz not null,
  constraint database_environment_known check (environment in ('sandbox', 'production')),
  constraint database_environment_only check (is_only),
  constraint database_environment_pkey primary key (is_only)
);
create trigger database_environment_is_immutable before delete or update on database_environment for each row execute function refuse_change();
create trigger database_environment_is_not_emptied before truncate on database_environment for each statement execute function refuse_change();

create table detachments (
  id uuid not null,
  as_of timestamptz not null,
  detached_at timestamptz not null,
  held_at timestamptz,
  claimed_at timestamptz,
  claimed_by text,
  constraint detachments_pkey primary key (id)
);

create table lookup_keys (
  layer integer not null,
  fingerprint text not null,
  laid_at timestamptz not null,
  constraint lookup_keys_pkey primary key (layer)
);

-- src/ground/db/removals.schema.ts

create table retention_removals (
  day date not null,
  kind text not null,
  removed integer not null,
  older_than timestamptz not null,
  last_at timestamptz not null,
  constraint retention_removals_kind check (kind in ('messages', 'digests', 'inquiries', 'sign_ins', 'sessions', 'limits', 'statements', 'errors', 'webhooks', 'keys')),
  constraint retention_removals_pk primary key (day, kind)
);

-- src/ground/failures/failures.schema.ts

create table failures (
  id uuid not null,
  fingerprint text not null,
  kind text not null,
  what text not null,
  error text not null,
  message text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  count integer not null,
  request_ids text[] not null,
  constraint failures_fingerprint_unique unique (fingerprint),
  constraint failures_kind check (kind in ('request', 'callback', 'after_answer', 'job', 'forged')),
  constraint failures_pkey primary key (id)
);
create index failures_last on failures (last_at, id);
create index failures_of_kind on failures (kind, last_at, id);

-- src/ground/idempotency/idempotency.schema.ts

create table idempotency_keys (
  scope text not null,
  key text not null,
  fingerprint text not null,
  owner_id uuid not null,
  payment_id uuid not null,
  status integer,
  body text,
  created_at timestamptz not null,
  subject_id uuid,
  constraint idempotency_keys_scope_key_pk primary key (scope, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);
create index idempotency_keys_owner on idempotency_keys (owner_id);

-- src/ground/inbox/inbox.schema.ts

create table evidence (
  id uuid not null,
  subject_id uuid,
  source text not null,
  body_hash text not null,
  body text not null,
  verdict text not null,
  received_at timestamptz not null,
  receipt text,
  constraint evidence_once unique nulls not distinct (subject_id, source, body_hash),
  constraint evidence_pkey primary key (id),
  constraint evidence_source check (source in ('callback', 'query', 'c2b', 'b2c', 'reversal', 'transaction-status', 'account-balance', 'pull', 'statement')),
  constraint evidence_verdict check (verdict in ('pays', 'names', 'late', 'fails', 'rejects', 'known', 'unclear', 'unread_payer', 'doubted', 'contradicts', 'no_attempt', 'no_withdrawal', 'no_deposit', 'no_inquiry', 'amount_differs', 'phone_differs', 'second_receipt', 'two_receipts', 'receipt_used', 'already_reversed', 'other_checkout', 'other_conversation', 'other_transaction', 'arrives', 'ties', 'own_payout', 'unreadable', 'other_shortcode', 'adopts', 'links', 'parts', 'answers', 'confirms', 'other_receipt', 'other_amount', 'other_party', 'not_completed'))
);
create trigger evidence_added after insert on evidence for each row when (((new.subject_id is not null) and (new.verdict <> all (array['pays', 'arrives', 'fails', 'unclear'])))) execute function note_evidence_1();
create trigger evidence_is_kept before delete or update on evidence for each row execute function refuse_evidence_change_2();
create trigger evidence_is_not_emptied before truncate on evidence for each statement execute function refuse_evidence_change_2();

-- src/ground/limits/limits.schema.ts

create table recent_times (
  key text not null,
  times timestamptz[] not null,
  constraint recent_times_pkey primary key (key)
);
create index recent_times_latest on recent_times ((times[cardinality(times)]));

create table counters (
  key text not null,
  count integer not null,
  constraint counters_pkey primary key (key)
);
create index counters_day on counters ("right"(key, 10) collate "C");

-- src/ground/notify/notify.schema.ts

create table unreachable (
  channel text not null,
  address_hash text not null,
  reason text not null,
  refused_at timestamptz not null,
  constraint unreachable_channel check (channel in ('sms', 'email')),
  constraint unreachable_pk primary key (channel, address_hash)
);

create table opt_outs (
  channel text not null,
  address_hash text not null,
  opted_out_at timestamptz not null,
  constraint opt_outs_channel check (channel in ('sms', 'email')),
  constraint opt_outs_pk primary key (channel, address_hash)
);

create table sent_days (
  day date not null,
  channel text not null,
  kind text not null,
  messages integer not null,
  parts integer not null,
  constraint sent_days_channel check (channel in ('sms', 'email')),
  constraint sent_days_pk primary key (day, channel, kind)
);

-- src/ground/outbox/outbox.schema.ts

create table outbox (
  id uuid not null,
  dedupe_key text not null,
  message jsonb not null,
  tries integer not null default 0,
  due_at timestamptz not null,
  sent_at timestamptz,
  dead_at timestamptz,
  last_error text,
  urgency integer not null default 0,
  discarded_at timestamptz,
  constraint outbox_dedupe_key_unique unique (dedupe_key),
  constraint outbox_pkey primary key (id)
);
create index outbox_about on outbox (coalesce((message ->> 'invoiceId'), (message ->> 'withdrawalId'), (message ->> 'payoutId'), (message ->> 'depositId'), (message ->> 'subjectId'), (message ->> 'memberId'))) where (coalesce((message ->> 'invoiceId'), (message ->> 'withdrawalId'), (message ->> 'payoutId'), (message ->> 'depositId'), (message ->> 'subjectId'), (message ->> 'memberId')) is not null);
create index outbox_dead on outbox (dead_at) where (dead_at is not null);
create index outbox_next on outbox (urgency, due_at) where ((sent_at is null) and (dead_at is null));
create index outbox_person on outbox (((message ->> 'personId'))) where ((message ->> 'personId') is not null);
create index outbox_sent on outbox (sent_at) where (sent_at is not null);

-- src/ground/references/references.schema.ts

create table standing_references (
  typed text not null,
  kind text not null,
  subject_id uuid not null,
  created_at timestamptz not null,
  constraint standing_references_kind check (kind in ('loan', 'savings')),
  constraint standing_references_pkey primary key (typed)
);
create index standing_references_subject on standing_references (subject_id);

-- src/ground/runs/minute-mark.schema.ts

create table minute_mark (
  is_only boolean not null default true,
  ended_at timestamptz not null,
  quarter_at timestamptz,
  constraint minute_mark_only check (is_only),
  constraint minute_mark_pkey primary key (is_only)
);

-- src/ground/runs/runs.schema.ts

create table runs (
  job text not null,
  as_of date not null,
  cursor text not null,
  written integer not null default 0,
  started_at timestamptz not null,
  finished_at timestamptz,
  rounds integer not null default 1,
  constraint runs_pk primary key (job, as_of)
);
create index runs_open on runs (as_of) where (finished_at is null);

-- src/ground/tasks/reviews.schema.ts

create table reviews (
  id uuid not null,
  kind text not null,
  subject text not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_by text,
  note text,
  words text,
  assignee uuid,
  alerted_at timestamptz,
  cleared_at timestamptz,
  constraint reviews_pkey primary key (id)
);
create index reviews_assignee on reviews (assignee, opened_at, id) where (assignee is not null);
create index reviews_kind on reviews (kind, opened_at, id);
create unique index reviews_open on reviews (kind, subject) where (closed_at is null);
create index reviews_opened on reviews (opened_at, id);
create index reviews_subject on reviews (subject, kind);
create index reviews_uncleared on reviews (closed_at) where ((closed_by = 'malipo') and (alerted_at is not null) and (cleared_at is null));
create index reviews_waiting on reviews (opened_at, id) where (closed_at is null);
create trigger reviews_unidentified after insert on reviews for each row when ((new.kind = 'unidentified_deposit')) execute function record_unidentified_1();

create table task_notes (
  id uuid not null,
  review_id uuid not null,
  written_by text not null,
  written_at timestamptz not null,
  note text not null,
  closes boolean not null default false,
  constraint task_notes_pkey primary key (id),
  constraint task_notes_review_id_reviews_id_fk foreign key (review_id) references reviews(id)
);
create index task_notes_review on task_notes (review_id, written_at);

-- src/people/auth/auth.schema.ts

create table api_keys (
  id uuid not null,
  name text not null,
  secret_hash text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  created_by text,
  maker_left_at timestamptz,
  expires_at timestamptz,
  last_used_on date,
  constraint api_keys_pkey primary key (id)
);

create table sessions (
  id uuid not null,
  phone_hash text not null,
  started_at timestamptz not null,
  ends_at timestamptz not null,
  constraint sessions_pkey primary key (id)
);
create index sessions_end on sessions (ends_at);
create index sessions_phone on sessions (phone_hash, started_at);

create table ended_sessions (
  id uuid not null,
  ends_at timestamptz not null,
  constraint ended_sessions_pkey primary key (id)
);
create index ended_sessions_end on ended_sessions (ends_at);

-- src/people/people/people.schema.ts

create table people (
  id uuid not null,
  phone text not null,
  phone_hash text not null,
  name text not null,
  email text,
  role text not null,
  created_at timestamptz not null,
  disabled_at timestamptz,
  phone_verified_at timestamptz,
  language text,
  email_waits_until timestamptz,
  constraint people_language check (language in ('en', 'sw')),
  constraint people_phone_hash_unique unique (phone_hash),
  constraint people_pkey primary key (id),
  constraint people_role check (role in ('member', 'treasurer', 'admin'))
);
create index people_listed on people (created_at, id);

create table codes_sent (
  phone_hash text not null,
  network_hash text not null,
  id uuid not null,
  code_hash text not null,
  channel text not null,
  tries integer not null default 0,
  expires_at timestamptz not null,
  used_at timestamptz,
  signed_in_at timestamptz,
  constraint codes_sent_channel check (channel in ('sms', 'email')),
  constraint codes_sent_pk primary key (phone_hash, network_hash)
);
create index codes_sent_unused on codes_sent (expires_at) where (signed_in_at is null);
create index codes_sent_used on codes_sent (signed_in_at) where (signed_in_at is not null);

create table sign_in_codes (
  phone_hash text not null,
  id uuid not null,
  code_hash text not null,
  tries integer not null default 0,
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint sign_in_codes_pkey primary key (phone_hash)
);

-- src/books/ledger/ledger.schema.ts

create table accounts (
  id text not null,
  kind text not null,
  name text not null,
  parent text,
  constraint accounts_kind check (kind in ('asset', 'liability', 'income', 'expense')),
  constraint accounts_parent_accounts_id_fk foreign key (parent) references accounts(id),
  constraint accounts_pkey primary key (id)
);
create trigger accounts_are_not_emptied before truncate on accounts for each statement execute function refuse_account_change_1();
create trigger accounts_stay before delete or update on accounts for each row execute function refuse_account_change_1();

create table transfers (
  id uuid not null,
  kind text not null,
  source_id text not null,
  leg integer not null,
  debit_account text not null,
  credit_account text not null,
  amount_cents bigint not null,
  booked_at timestamptz not null,
  tx xid8 default pg_current_xact_id(),
  constraint transfers_in_order check ((tx is not null)) not valid,
  constraint transfers_kind check (kind in ('mpesa_in', 'proved', 'proved_after_all', 'disproved', 'merged', 'claimed', 'swapped', 'taken_back', 'reversed_elsewhere', 'gathered', 'counter_sale', 'sale', 'surplus', 'suspense', 'match', 'payout_reserve', 'payout_paid', 'payout_released', 'payout_late', 'credit_note', 'given_twice', 'hold', 'hold_resolved', 'savings_deposit', 'loan_fee', 'repayment', 'repayment_corrected', 'unmatch', 'top_up', 'sweep', 'charge')),
  constraint transfers_once unique (kind, source_id, leg),
  constraint transfers_pkey primary key (id),
  constraint transfers_positive check (amount_cents > 0),
  constraint transfers_two_accounts check (debit_account <> credit_account)
);
create index transfers_drawn on transfers (debit_account) where (debit_account ~~ 'savings:%');
create index transfers_saved on transfers (credit_account) where (credit_account ~~ 'savings:%');
create index transfers_tx on transfers (tx);
create trigger transfers_are_immutable before delete or update on transfers for each row execute function refuse_change();
create trigger transfers_are_not_emptied before truncate on transfers for each statement execute function refuse_change();
create trigger transfers_name_accounts before insert on transfers for each row execute function require_accounts_1();
create constraint trigger transfers_overpay_debt after insert on transfers deferrable initially deferred for each row when ((('receivables' = new.debit_account) or ('receivables' = new.credit_account))) execute function tell_overpaid_debt_2();

create table checkpoints (
  account text not null,
  held_cents bigint not null,
  constraint checkpoints_pkey primary key (account)
);

create table ledger_mark (
  is_only boolean not null default true,
  upto xid8,
  of_table oid not null,
  compared_on date,
  constraint ledger_mark_only check (is_only),
  constraint ledger_mark_pkey primary key (is_only)
);

-- src/mpesa/float/float.schema.ts

create table float_entries (
  id uuid not null,
  shortcode text not null,
  kind text not null,
  amount_cents bigint not null,
  occurred_on date not null,
  occurred_at timestamptz,
  note text,
  state text not null,
  proved_by text,
  asked_by text not null,
  asked_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  booked_at timestamptz,
  line_key text,
  receipt text,
  explains_from timestamptz,
  decision_note text,
  deposit_id uuid,
  payment_id uuid,
  loan_id uuid,
  booking_id uuid,
  constraint float_entries_booked_by_two check ((state <> 'booked') or ((decided_by is not null) and (booked_at is not null))),
  constraint float_entries_kind check (kind in ('top_up', 'sweep', 'charge', 'paid_out')),
  constraint float_entries_line_key_unique unique (line_key),
  constraint float_entries_pkey primary key (id),
  constraint float_entries_positive check (amount_cents > 0),
  constraint float_entries_state check (state in ('asked', 'booked', 'rejected'))
);
create index float_entries_history on float_entries (asked_at, id);
create index float_entries_occurred on float_entries (shortcode, occurred_at) where (state = 'booked');
create unique index float_entries_paid_out on float_entries (receipt) where ((kind = 'paid_out') and (state <> 'rejected'));
create index float_entries_unlined on float_entries (shortcode, kind) where (line_key is null);

create table float_entry_parts (
  entry_id uuid not null,
  shortcode text not null,
  occurred_at timestamptz not null,
  cents bigint not null,
  constraint float_entry_parts_entry_id_float_entries_id_fk foreign key (entry_id) references float_entries(id),
  constraint float_entry_parts_pk primary key (entry_id, occurred_at),
  constraint float_entry_parts_positive check (cents > 0)
);
create index float_entry_parts_occurred on float_entry_parts (shortcode, occurred_at);

create table float_entry_lines (
  line_key text not null,
  entry_id uuid not null,
  shortcode text not null,
  kind text not null,
  receipt text not null,
  moved_at timestamptz not null,
  line_cents bigint not null,
  cents bigint not null,
  constraint float_entry_lines_entry_id_float_entries_id_fk foreign key (entry_id) references float_entries(id),
  constraint float_entry_lines_pk primary key (line_key, entry_id)
);
create index float_entry_lines_charges on float_entry_lines (shortcode, moved_at) where (kind = 'charge');
create index float_entry_lines_entry on float_entry_lines (entry_id);
create index float_entry_lines_receipt on float_entry_lines (receipt);

create table float_watches (
  shortcode text not null,
  opened_at timestamptz not null,
  opening_cents bigint not null,
  anchor_at timestamptz not null,
  anchor_cents bigint not null,
  seen_at timestamptz not null,
  looked_at timestamptz not null,
  sure_at timestamptz,
  sure_cents bigint,
  judged_until timestamptz,
  constraint float_watches_pkey primary key (shortcode)
);

create table float_differences (
  id uuid not null,
  shortcode text not null,
  amount_cents bigint not null,
  since_at timestamptz not null,
  since_cents bigint not null,
  first_at timestamptz not null,
  first_cents bigint not null,
  second_at timestamptz not null,
  second_cents bigint not null,
  found_at timestamptz not null,
  explained_at timestamptz,
  accepted_at timestamptz,
  reworked_at timestamptz,
  constraint float_differences_pkey primary key (id)
);
create index float_differences_explained on float_differences (shortcode, explained_at) where (explained_at is not null);
create index float_differences_unexplained on float_differences (shortcode) where (explained_at is null);

-- src/mpesa/inquiries/inquiries.schema.ts

create table inquiries (
  id uuid not null,
  kind text not null,
  state text not null,
  asked_by text not null,
  asked_at timestamptz not null,
  shortcode text not null,
  receipt text,
  originator_conversation_id text,
  conversation_id text,
  refusal text,
  answered_at timestamptz,
  says text,
  result_code text,
  told_status text,
  told_receipt text,
  told_cents bigint,
  debit_party text,
  credit_party text,
  reason_type text,
  finalised_at timestamptz,
  ledger_cents bigint,
  constraint inquiries_kind_known check (kind in ('transaction-status', 'account-balance')),
  constraint inquiries_pkey primary key (id),
  constraint inquiries_state check (state in ('asked', 'timed_out', 'refused', 'answered'))
);
create index inquiries_balances on inquiries (kind, shortcode, asked_at, id) where ((state = 'answered') and (says = 'done'));
create index inquiries_conversation on inquiries (conversation_id);
create index inquiries_kind on inquiries (kind, asked_at);
create index inquiries_receipt on inquiries (receipt) where (receipt is not null);

create table float_balances (
  id uuid not null,
  inquiry_id uuid not null,
  account text not null,
  currency text not null,
  current_cents bigint not null,
  available_cents bigint not null,
  reserved_cents bigint,
  uncleared_cents bigint,
  told_at timestamptz not null,
  constraint float_balances_inquiry_id_inquiries_id_fk foreign key (inquiry_id) references inquiries(id),
  constraint float_balances_once unique (inquiry_id, account),
  constraint float_balances_pkey primary key (id)
);
create index float_balances_account on float_balances (account, inquiry_id);

-- src/mpesa/paybill/paybill.schema.ts

create table pulls (
  shortcode text not null,
  complete_until timestamptz,
  asked_at timestamptz not null,
  swept_at timestamptz,
  clock text,
  refutes_shortcode text,
  refutes_from timestamptz,
  refutes_until timestamptz,
  refutes_not text[] not null default '{}'::text[],
  unread text[] not null default '{}'::text[],
  unread_from timestamptz,
  unread_until timestamptz,
  constraint pulls_pkey primary key (shortcode)
);

-- src/mpesa/paybill/recorded-receipts.schema.ts

create table recorded_receipts (
  id uuid not null,
  receipt text not null,
  amount_cents bigint not null,
  shortcode text not null,
  moved_at timestamptz not null,
  typed_reference text,
  payer_phone text,
  payer_name text,
  reason text not null,
  state text not null,
  recorded_by text not null,
  recorded_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  decision_note text,
  deposit_id uuid,
  body_hash text,
  constraint recorded_receipts_by_two check ((state <> all (array['booked', 'named'])) or (decided_by <> recorded_by)),
  constraint recorded_receipts_pkey primary key (id),
  constraint recorded_receipts_positive check (amount_cents > 0),
  constraint recorded_receipts_state check (state in ('asked', 'booked', 'named', 'found', 'rejected'))
);
create index recorded_receipts_history on recorded_receipts (recorded_at, id);
create unique index recorded_receipts_open on recorded_receipts (receipt) where (state = 'asked');
create index recorded_receipts_receipt on recorded_receipts (receipt);

-- src/mpesa/payments/payments.schema.ts

create table payments (
  id uuid not null,
  reference text not null,
  purpose text not null,
  subject text,
  caller text not null,
  external_reference text,
  metadata jsonb,
  lines jsonb not null,
  language text not null,
  phone text not null,
  phone_hash text not null,
  email text,
  email_hash text,
  name text,
  owed_cents bigint not null,
  amount_cents bigint not null,
  status text not null,
  failure_code text,
  latest_attempt_id uuid,
  counted_deposit_id uuid,
  deposits_version integer not null default 0,
  created_at timestamptz not null,
  settled_at timestamptz,
  metadata_sealed text,
  rare_status text,
  state text,
  rare_state text,
  constraint payments_pkey primary key (id),
  constraint payments_reference_unique unique (reference),
  constraint payments_rounded_up check (((amount_cents - owed_cents) >= 0) and ((amount_cents - owed_cents) <= 99)),
  constraint payments_state check ((state is not null) and state in ('pending', 'unknown', 'paid', 'failed', 'expired', 'reversed', 'refunded')),
  constraint payments_status check (status in ('pending', 'unknown', 'paid', 'failed', 'expired', 'reversed', 'refunded')),
  constraint payments_whole_shillings check ((amount_cents > 0) and ((amount_cents % (100)::bigint) = 0))
);
create index payments_amount on payments (amount_cents, created_at);
create index payments_caller on payments (caller, created_at, id);
create index payments_email on payments (email_hash, created_at) where (email_hash is not null);
create index payments_external on payments (external_reference, created_at, id) where (external_reference is not null);
create unique index payments_external_reference on payments (caller, external_reference) where ((external_reference is not null) and (caller <> 'public'));
create index payments_history on payments (created_at, id);
create index payments_phone on payments (phone_hash, created_at);
create index payments_purpose on payments (purpose, created_at, id);
create index payments_rare on payments (rare_status, created_at, id) where (rare_status is not null);
create index payments_rare_state on payments (rare_state, created_at, id) where (rare_state is not null);
create unique index payments_visitor_reference on payments (phone_hash, external_reference) where ((external_reference is not null) and (caller = 'public'));
create trigger payments_added after insert on payments for each row execute function note_payment_1();
create trigger payments_changed after update on payments for each row when ((coalesce(old.state, old.status) is distinct from coalesce(new.state, new.status))) execute function note_payment_1();
create trigger payments_state before insert or update on payments for each row when (((new.state is distinct from new.status) or (new.rare_state is distinct from new.rare_status))) execute function keep_payment_state_1();

create table attempts (
  id uuid not null,
  payment_id uuid not null,
  phone_hash text not null,
  phone_tail text not null,
  amount_cents bigint not null,
  state text not null,
  live boolean not null default true,
  live_until timestamptz not null,
  checkout_request_id text,
  checkout_hash text,
  receipt text,
  result_code text,
  queries integer not null default 0,
  query_due_at timestamptz,
  queried_at timestamptz,
  created_at timestamptz not null,
  payable_until timestamptz,
  told_receipt text,
  constraint attempts_checkout_hash_unique unique (checkout_hash),
  constraint attempts_live_is_open check ((not live) or state in ('requested', 'pending', 'unknown')),
  constraint attempts_payment_id_payments_id_fk foreign key (payment_id) references payments(id),
  constraint attempts_pkey primary key (id),
  constraint attempts_state check (state in ('requested', 'pending', 'unknown', 'paid', 'failed', 'expired'))
);
create unique index attempts_live_payment on attempts (payment_id) where live;
create unique index attempts_live_phone on attempts (phone_hash) where live;
create index attempts_open on attempts (amount_cents, created_at) where state in ('requested', 'pending', 'unknown');
create index attempts_payment on attempts (payment_id);
create index attempts_query_due on attempts (query_due_at) where (query_due_at is not null);
create trigger attempts_added after insert on attempts for each row execute function note_attempt_1();
create trigger attempts_changed after update on attempts for each row when ((((old.state is distinct from new.state) or (old.result_code is distinct from new.result_code)) or ((old.checkout_hash is null) is distinct from (new.checkout_hash is null)))) execute function note_attempt_1();
create trigger attempts_told after update of state on attempts for each row when (((new.state = any (array['failed', 'expired'])) and (old.state is distinct from new.state))) execute function tell_failed_prompt_1();

create table deposits (
  id uuid not null,
  source text not null,
  attempt_id uuid,
  payment_id uuid,
  amount_cents bigint not null,
  receipt text,
  typed_reference text,
  payer_name text,
  payer_phone text,
  confirmed_at timestamptz,
  confirmation_tries integer not null default 0,
  confirmation_due_at timestamptz,
  version integer not null default 1,
  settled_at timestamptz not null,
  allocated_at timestamptz,
  allocation_tries integer not null default 0,
  allocation_due_at timestamptz,
  tied_by text,
  shortcode text,
  payer_hash text,
  payer_tail text,
  standing text,
  may_echo boolean not null default false,
  receipt_proved_at timestamptz,
  echo_of uuid,
  held_until timestamptz,
  merged_into uuid,
  refuted_at timestamptz,
  taken_back_at timestamptz,
  moved_at timestamptz,
  reversed_elsewhere_at timestamptz,
  reversed_elsewhere_cents bigint,
  reversal_receipt text,
  shortcode_by_list boolean,
  constraint deposits_attempt_id_attempts_id_fk foreign key (attempt_id) references attempts(id),
  constraint deposits_attempt_id_unique unique (attempt_id) deferrable,
  constraint deposits_echo_of_attempts_id_fk foreign key (echo_of) references attempts(id),
  constraint deposits_payment_id_payments_id_fk foreign key (payment_id) references payments(id),
  constraint deposits_pkey primary key (id),
  constraint deposits_receipt_or_attempt check ((receipt is not null) or (attempt_id is not null) or (merged_into is not null) or (refuted_at is not null)),
  constraint deposits_receipt_unique unique (receipt) deferrable,
  constraint deposits_source check (source in ('stk', 'c2b', 'pull', 'statement', 'status')),
  constraint deposits_tied_by check (tied_by in ('callback', 'reference', 'payer', 'time'))
);
create index deposits_confirmation_due on deposits (confirmation_due_at) where (confirmation_due_at is not null);
create index deposits_earlier on deposits (id) where ((shortcode is null) and (merged_into is null));
create index deposits_echo on deposits (amount_cents, moved_at) where (may_echo and (attempt_id is null) and (merged_into is null));
create index deposits_guessed on deposits (amount_cents, settled_at) where tied_by in ('reference', 'payer', 'time');
create index deposits_held on deposits (held_until) where (held_until is not null);
create index deposits_merged on deposits (merged_into) where (merged_into is not null);
create index deposits_moved on deposits (shortcode, moved_at);
create index deposits_nameless on deposits (settled_at) where ((receipt is null) and (merged_into is null) and (confirmation_due_at is null));
create index deposits_payment on deposits (payment_id);
create index deposits_reversed_elsewhere on deposits (shortcode, reversed_elsewhere_at) where (reversed_elsewhere_at is not null);
create index deposits_told on deposits (shortcode, moved_at) where ((confirmed_at is null) and (merged_into is null) and (refuted_at is null));
create index deposits_told_for on deposits (amount_cents, moved_at) where ((source = 'c2b') and (attempt_id is null) and (merged_into is null));
create index deposits_unconfirmed on deposits (amount_cents, settled_at) where ((confirmed_at is null) and (merged_into is null));
create index deposits_waiting on deposits (allocation_due_at) where (allocated_at is null);
create index deposits_without_receipt on deposits (amount_cents, settled_at) where ((receipt is null) and (merged_into is null));
create trigger deposits_added after insert on deposits for each row execute function note_deposit_1();
create trigger deposits_changed after update on deposits for each row when (((((((((old.shortcode is distinct from new.shortcode) or (old.moved_at is distinct from new.moved_at)) or (old.attempt_id is distinct from new.attempt_id)) or (old.source is distinct from new.source)) or (old.amount_cents is distinct from new.amount_cents)) or (old.confirmed_at is distinct from new.confirmed_at)) or (old.merged_into is distinct from new.merged_into)) or (old.taken_back_at is distinct from new.taken_back_at))) execute function note_deposit_1();
create trigger deposits_proved after update of confirmed_at on deposits for each row when (((old.confirmed_at is null) and (new.confirmed_at is not null))) execute function record_proved_1();

create table matches (
  id uuid not null,
  deposit_id uuid not null,
  payment_id uuid,
  amount_cents bigint not null,
  matched_by text not null,
  matched_at timestamptz not null,
  standing_reference text,
  constraint matches_deposit_id_deposits_id_fk foreign key (deposit_id) references deposits(id),
  constraint matches_one_target check ((payment_id is null) <> (standing_reference is null)),
  constraint matches_payment unique (payment_id),
  constraint matches_payment_id_payments_id_fk foreign key (payment_id) references payments(id),
  constraint matches_pkey primary key (id),
  constraint matches_positive check (amount_cents > 0)
);
create index matches_deposit on matches (deposit_id);

create table unmatches (
  id uuid not null,
  deposit_id uuid not null,
  amount_cents bigint not null,
  unmatched_by text not null,
  unmatched_at timestamptz not null,
  constraint unmatches_deposit_id_deposits_id_fk foreign key (deposit_id) references deposits(id),
  constraint unmatches_pkey primary key (id),
  constraint unmatches_positive check (amount_cents > 0)
);
create index unmatches_deposit on unmatches (deposit_id);

-- src/mpesa/payouts/bulk/bulk.schema.ts

create table bulk_payouts (
  id uuid not null,
  reference text not null,
  reason text not null,
  hash text not null,
  lines integer not null,
  amount_cents bigint not null,
  state text not null,
  requested_by text not null,
  requested_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  cancelled_by text,
  cancelled_at timestamptz,
  constraint bulk_payouts_pkey primary key (id),
  constraint bulk_payouts_reference_unique unique (reference),
  constraint bulk_payouts_state check (state in ('requested', 'declined', 'approved', 'started', 'cancelled'))
);
create index bulk_payouts_hash on bulk_payouts (hash, requested_at);
create index bulk_payouts_history on bulk_payouts (requested_at, id);

create table bulk_lines (
  id uuid not null,
  bulk_id uuid not null,
  line integer not null,
  phone text not null,
  phone_hash text not null,
  amount_cents bigint not null,
  name text,
  own_reference text,
  payout_id uuid,
  cancelled_at timestamptz,
  constraint bulk_lines_bulk_id_bulk_payouts_id_fk foreign key (bulk_id) references bulk_payouts(id),
  constraint bulk_lines_line unique (bulk_id, line),
  constraint bulk_lines_payout_id_payouts_id_fk foreign key (payout_id) references payouts(id),
  constraint bulk_lines_payout_id_unique unique (payout_id),
  constraint bulk_lines_pkey primary key (id)
);
create index bulk_lines_payee on bulk_lines (phone_hash, amount_cents);
create index bulk_lines_waiting on bulk_lines (bulk_id, line) where ((payout_id is null) and (cancelled_at is null));
create trigger bulk_lines_are_kept before delete or update on bulk_lines for each row execute function keep_bulk_line_1();

-- src/mpesa/payouts/payouts.schema.ts

create table payouts (
  id uuid not null,
  reference text not null,
  kind text not null,
  reason text not null default ''::text,
  subject text,
  payment_id uuid,
  source_account text not null,
  phone text,
  phone_hash text,
  bank_reference text,
  amount_cents bigint not null,
  parts_cents bigint[] not null,
  state text not null,
  caller text not null,
  external_reference text,
  requested_by text not null,
  requested_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  reason_sealed text,
  second_person boolean not null default false,
  receipt text,
  deposit_id uuid,
  payer_identified boolean,
  phone_tail text,
  portal_receipt text,
  subject_id uuid,
  constraint payouts_kind check (kind in ('payment', 'refund', 'reversal', 'manual', 'loan')),
  constraint payouts_pkey primary key (id),
  constraint payouts_positive check (amount_cents > 0),
  constraint payouts_reference_unique unique (reference),
  constraint payouts_source_account_accounts_id_fk foreign key (source_account) references accounts(id),
  constraint payouts_state check (state in ('requested', 'declined', 'approved', 'partly_paid', 'paid', 'rejected')),
  constraint payouts_subject_id check (not (subject is distinct from (subject_id)::text))
);
create unique index payouts_external_reference on payouts (caller, external_reference) where (external_reference is not null);
create index payouts_payee on payouts (phone_hash, requested_at);
create index payouts_payment on payouts (payment_id) where (payment_id is not null);
create index payouts_state on payouts (state, id);
create index payouts_subject on payouts (subject);
create index payouts_subject_id on payouts (subject_id);
create trigger payouts_subject before insert or update on payouts for each row when ((new.subject is distinct from (new.subject_id)::text)) execute function keep_payout_subject_1();
create trigger payouts_told after update of state on payouts for each row when (((new.kind = any (array['refund', 'reversal'])) and (new.state = any (array['approved', 'paid'])) and (old.state is distinct from new.state))) execute function tell_refund_1();
create trigger payouts_told_by_hand after insert on payouts for each row when (((new.kind = any (array['refund', 'reversal'])) and (new.state = 'paid'))) execute function tell_refund_1();

create table withdrawals (
  id uuid not null,
  payout_id uuid not null,
  part integer not null,
  amount_cents bigint not null,
  state text not null,
  conversation_id text,
  originator_conversation_id text,
  receipt text,
  result_code text,
  dispatched_at timestamptz,
  query_due_at timestamptz,
  settled_at timestamptz,
  moved_at timestamptz,
  asked_again boolean,
  tried_at timestamptz,
  constraint withdrawals_conversation_id_unique unique (conversation_id),
  constraint withdrawals_part unique (payout_id, part),
  constraint withdrawals_payout_id_payouts_id_fk foreign key (payout_id) references payouts(id),
  constraint withdrawals_pkey primary key (id),
  constraint withdrawals_receipt_unique unique (receipt),
  constraint withdrawals_state check (state in ('reserved', 'dispatched', 'unknown', 'paid', 'rejected')),
  constraint withdrawals_within_limits check ((((amount_cents >= 100) and (amount_cents <= 25000000)) and ((amount_cents % (100)::bigint) = 0)) or ((state = 'paid') and (dispatched_at is null)))
);
create index withdrawals_originator on withdrawals (originator_conversation_id) where (originator_conversation_id is not null);
create index withdrawals_query_due on withdrawals (query_due_at) where (query_due_at is not null);
create index withdrawals_settled on withdrawals (settled_at) where (settled_at is not null);
create index withdrawals_undecided on withdrawals (dispatched_at) where state in ('dispatched', 'unknown');

create table stops (
  name text not null,
  reason text not null,
  stopped_at timestamptz not null,
  constraint stops_pkey primary key (name)
);

-- src/mpesa/reconcile/reconcile.schema.ts

create table statements (
  id uuid not null,
  state text not null,
  file_name text not null,
  parts integer not null,
  file_hash text,
  shortcode text,
  prompts boolean not null default false,
  pays_out boolean not null default false,
  account text,
  layout text,
  covers_from timestamptz,
  covers_to timestamptz,
  opening_cents bigint,
  closing_cents bigint,
  opening_told boolean not null default false,
  whole boolean not null default false,
  refutes boolean,
  line_count integer not null default 0,
  done integer not null default 0,
  refused_code text,
  refused_why text,
  problems text,
  problem_count integer not null default 0,
  uploaded_by text not null,
  uploaded_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  finished_at timestamptz,
  leased_until timestamptz,
  unbroken boolean not null default false,
  named_to timestamptz,
  withdrawn_by text,
  withdrawn_at timestamptz,
  withdrawn_why text,
  constraint statements_pkey primary key (id),
  constraint statements_signed_by_two check ((state <> all (array['signed', 'done'])) or (decided_by <> uploaded_by)),
  constraint statements_state check (state in ('receiving', 'waiting', 'reading', 'matching', 'matched', 'signed', 'done', 'refused', 'discarded', 'withdrawn')),
  constraint statements_withdrawn_by_two check ((state <> 'withdrawn') or (withdrawn_by <> decided_by))
);
create index statements_covering on statements (shortcode, covers_from) where state in ('signed', 'done');
create unique index statements_file on statements (file_hash) where (state <> all (array['refused', 'discarded']));
create index statements_open on statements (id) where state in ('waiting', 'reading', 'matching', 'signed');
create index statements_signed on statements (shortcode, decided_at) where state in ('signed', 'done');

create table statement_parts (
  statement_id uuid not null,
  part integer not null,
  bytes integer not null,
  hash text not null,
  packed text not null,
  constraint statement_parts_pk primary key (statement_id, part),
  constraint statement_parts_statement_id_statements_id_fk foreign key (statement_id) references statements(id)
);

create table statement_lines (
  statement_id uuid not null,
  n integer not null,
  line_number integer not null,
  line_key text not null,
  receipt text not null,
  completed_at timestamptz not null,
  direction text not null,
  amount_cents bigint not null,
  balance_cents bigint,
  kind text not null,
  ordinal integer not null,
  linked_receipt text,
  details text,
  reference text,
  standing text,
  typed_reference text,
  payer_name text,
  payer_phone text,
  payer_hash text,
  payer_tail text,
  finding text,
  movement_id uuid,
  verdict text,
  own_party text,
  constraint statement_lines_pk primary key (statement_id, n),
  constraint statement_lines_statement_id_statements_id_fk foreign key (statement_id) references statements(id)
);
create index statement_lines_finding on statement_lines (statement_id, finding, n) where (finding <> all (array['agrees', 'charge']));
create index statement_lines_given_back on statement_lines (coalesce(linked_receipt, receipt)) where ((finding = 'reversed') and (direction = 'out'));
create index statement_lines_movement on statement_lines (statement_id, movement_id) where (movement_id is not null);
create index statement_lines_receipt on statement_lines (receipt);
create index statement_lines_unlinked on statement_lines (statement_id, receipt) where ((finding = 'reversed') and (verdict = 'unlinked'));
create index statement_lines_unresolved on statement_lines (statement_id, n) where ((finding = 'unresolved') and (verdict is null));

create table statement_absences (
  statement_id uuid not null,
  movement_id uuid not null,
  direction text not null,
  receipt text,
  amount_cents bigint not null,
  moved_at timestamptz not null,
  proved boolean not null,
  constraint statement_absences_pk primary key (statement_id, movement_id),
  constraint statement_absences_statement_id_statements_id_fk foreign key (statement_id) references statements(id)
);

-- src/mpesa/token-cache/token-cache.schema.ts

create table provider_tokens (
  id text not null,
  token text,
  expires_at timestamptz,
  claimed_until timestamptz,
  constraint provider_tokens_pkey primary key (id)
);

-- src/shop/bookings/bookings.schema.ts

create table bookings (
  id uuid not null,
  state text not null,
  provider_phone text,
  provider_phone_hash text,
  expires_at timestamptz not null,
  held_at timestamptz,
  resolved_at timestamptz,
  auto_to text,
  auto_keep_cents bigint,
  auto_after_hours integer,
  auto_resolve_at timestamptz,
  income_cents bigint,
  payout_id uuid,
  constraint bookings_auto_to check (auto_to in ('income', 'provider', 'payer')),
  constraint bookings_decided_once check (state in ('released', 'refunded') = ((resolved_at is not null) and (income_cents is not null))),
  constraint bookings_due_is_held check ((auto_resolve_at is null) or (state = 'held')),
  constraint bookings_id_payments_id_fk foreign key (id) references payments(id),
  constraint bookings_payout_id_payouts_id_fk foreign key (payout_id) references payouts(id),
  constraint bookings_pkey primary key (id),
  constraint bookings_state check (state in ('created', 'held', 'released', 'refunded', 'expired', 'disputed'))
);
create index bookings_due on bookings (auto_resolve_at) where (auto_resolve_at is not null);
create index bookings_expiry on bookings (expires_at) where (state = 'created');
create trigger bookings_told after update of state on bookings for each row when (((new.state = any (array['held', 'released', 'refunded', 'expired'])) and (old.state is distinct from new.state))) execute function tell_booking_1();

-- src/shop/invoices/invoices.schema.ts

create table invoices (
  id uuid not null,
  payment_id uuid not null,
  kind text not null,
  credits_id uuid,
  year integer,
  sequence integer,
  issued_at timestamptz,
  lines jsonb not null,
  vat jsonb not null,
  total_cents bigint not null,
  rounding_cents bigint not null,
  control_unit jsonb,
  sent_at timestamptz,
  created_at timestamptz not null,
  refund_id uuid,
  reason text,
  constraint invoices_credits_id_invoices_id_fk foreign key (credits_id) references invoices(id),
  constraint invoices_number unique (kind, year, sequence),
  constraint invoices_payment_id_payments_id_fk foreign key (payment_id) references payments(id),
  constraint invoices_pkey primary key (id)
);
create index invoices_credits on invoices (credits_id) where (credits_id is not null);
create unique index invoices_payment on invoices (payment_id) where (kind <> 'credit_note');
create index invoices_unnumbered on invoices (created_at) where (sequence is null);

create table invoice_counters (
  kind text not null,
  year integer not null,
  last integer not null,
  constraint invoice_counters_kind_year_pk primary key (kind, year)
);

-- src/shop/notices/notices.schema.ts

create table customer_events (
  event text not null,
  sms boolean not null,
  email boolean not null,
  constraint customer_events_event check (event in ('payment_failed', 'booking_held', 'booking_released', 'booking_refunded', 'booking_expired', 'refund_on_its_way', 'refund_paid')),
  constraint customer_events_pkey primary key (event)
);

-- src/shop/orders/orders.schema.ts

create table items (
  sku text not null,
  name text not null,
  kind text not null,
  price_cents bigint,
  min_cents bigint,
  max_cents bigint,
  vat_class text not null,
  active boolean not null default true,
  updated_at timestamptz not null,
  constraint items_kind check (kind in ('product', 'booking_fee', 'donation')),
  constraint items_pkey primary key (sku),
  constraint items_price check (((kind = 'donation') and (min_cents > 0) and (max_cents >= min_cents)) or ((kind <> 'donation') and (price_cents > 0))),
  constraint items_vat_class check (vat_class in ('A', 'B', 'C', 'D', 'E'))
);

-- src/shop/vat/vat.schema.ts

create table vat_rates (
  vat_class text not null,
  valid_from date not null,
  basis_points integer not null,
  constraint vat_rates_vat_class_valid_from_pk primary key (vat_class, valid_from)
);

-- src/sacco/loans/loans.schema.ts

create table loan_products (
  id uuid not null,
  code text not null,
  name text not null,
  method text not null,
  period text not null,
  instalments integer not null,
  interest_basis_points integer not null,
  fee_cents bigint not null,
  fee_basis_points integer not null,
  fee_charged text not null,
  grace_days integer not null,
  penalty_kind text not null,
  penalty_cents bigint not null,
  penalty_basis_points integer not null,
  penalty_frequency text not null,
  penalty_cap_basis_points integer,
  in_duplum boolean not null,
  allocation_order text[] not null,
  excess text not null,
  early_settlement text not null,
  min_cents bigint not null,
  max_cents bigint not null,
  created_at timestamptz not null,
  retired_at timestamptz,
  constraint loan_products_allocation_order check ((cardinality(allocation_order) = 4) and (allocation_order @> array['penalty', 'fee', 'interest', 'principal'])),
  constraint loan_products_amounts check ((fee_cents >= 0) and ((min_cents >= 100) and (min_cents <= max_cents))),
  constraint loan_products_early_settlement check (early_settlement in ('all_interest', 'interest_to_date')),
  constraint loan_products_excess check (excess in ('instalment', 'full')),
  constraint loan_products_fee_charged check (fee_charged in ('deducted', 'instalments')),
  constraint loan_products_instalments check ((instalments >= 1) and (instalments <= 120)),
  constraint loan_products_method check (method in ('flat', 'reducing')),
  constraint loan_products_penalty check (((grace_days >= 0) and (grace_days <= 365)) and (penalty_cents >= 0) and ((penalty_basis_points >= 0) and (penalty_basis_points <= 10000))),
  constraint loan_products_penalty_frequency check (penalty_frequency in ('once', 'per_period')),
  constraint loan_products_penalty_kind check (penalty_kind in ('none', 'fixed', 'percent')),
  constraint loan_products_period check (period in ('week', 'month')),
  constraint loan_products_pkey primary key (id),
  constraint loan_products_rates check (((interest_basis_points >= 0) and (interest_basis_points <= 10000)) and ((fee_basis_points >= 0) and (fee_basis_points <= 10000)))
);
create unique index loan_products_code on loan_products (code) where (retired_at is null);

create table loans (
  id uuid not null,
  reference text not null,
  member_id uuid not null,
  product_id uuid not null,
  principal_cents bigint not null,
  fee_cents bigint not null,
  reason text,
  state text not null,
  applied_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  decision_note text,
  disbursed_on date,
  closed_at timestamptz,
  worked_out_to date,
  settles_until timestamptz,
  constraint loans_member_id_members_id_fk foreign key (member_id) references members(id),
  constraint loans_pkey primary key (id),
  constraint loans_product_id_loan_products_id_fk foreign key (product_id) references loan_products(id),
  constraint loans_reference_unique unique (reference),
  constraint loans_state check (state in ('submitted', 'approved', 'rejected', 'withdrawn', 'disbursing', 'active', 'closed')),
  constraint loans_whole_shillings check ((principal_cents > 0) and ((principal_cents % (100)::bigint) = 0) and (fee_cents >= 0) and ((fee_cents % (100)::bigint) = 0))
);
create index loans_active on loans (id) where (state = 'active');
create index loans_history on loans (applied_at, id);
create index loans_member on loans (member_id, applied_at);
create index loans_state on loans (state, applied_at, id);

create table instalments (
  loan_id uuid not null,
  number integer not null,
  due_on date not null,
  principal_cents bigint not null,
  interest_cents bigint not null,
  fee_cents bigint not null,
  paid_principal_cents bigint not null default 0,
  paid_interest_cents bigint not null default 0,
  paid_fee_cents bigint not null default 0,
  forgiven_cents bigint not null default 0,
  unpaid_cents bigint not null generated always as (((((((principal_cents + interest_cents) + fee_cents) - paid_principal_cents) - paid_interest_cents) - paid_fee_cents) - forgiven_cents)) stored,
  constraint instalments_loan_id_loans_id_fk foreign key (loan_id) references loans(id),
  constraint instalments_parts check (((paid_principal_cents >= 0) and (paid_principal_cents <= principal_cents)) and ((paid_interest_cents >= 0) and (paid_interest_cents <= (interest_cents - forgiven_cents))) and ((paid_fee_cents >= 0) and (paid_fee_cents <= fee_cents)) and (forgiven_cents >= 0)),
  constraint instalments_pk primary key (loan_id, number)
);
create index instalments_due on instalments (due_on, loan_id) where (unpaid_cents > 0);
create index instalments_open on instalments (loan_id, due_on) where (unpaid_cents > 0);

create table penalties (
  loan_id uuid not null,
  number integer not null,
  period integer not null,
  charged_on date not null,
  days integer not null,
  base_cents bigint not null,
  amount_cents bigint not null,
  paid_cents bigint not null default 0,
  waived_cents bigint not null default 0,
  recorded_at timestamptz not null,
  told_on date,
  constraint penalties_instalment foreign key (loan_id, number) references instalments(loan_id, number),
  constraint penalties_loan_id_loans_id_fk foreign key (loan_id) references loans(id),
  constraint penalties_parts check ((paid_cents >= 0) and (waived_cents >= 0) and ((paid_cents + waived_cents) <= amount_cents)),
  constraint penalties_pk primary key (loan_id, number, period)
);
create index penalties_unpaid on penalties (loan_id) where (amount_cents > (paid_cents + waived_cents));

create table repayments (
  id uuid not null,
  loan_id uuid not null,
  deposit_id uuid not null,
  source_id text not null,
  amount_cents bigint not null,
  excess_cents bigint not null,
  penalty_cents bigint not null,
  fee_cents bigint not null,
  interest_cents bigint not null,
  principal_cents bigint not null,
  settles boolean not null,
  received_at timestamptz not null,
  booked_at timestamptz not null,
  reversed_at timestamptz,
  reversed_by text,
  reversal_note text,
  constraint repayments_deposit_id_deposits_id_fk foreign key (deposit_id) references deposits(id),
  constraint repayments_loan_id_loans_id_fk foreign key (loan_id) references loans(id),
  constraint repayments_parts check ((((penalty_cents + fee_cents) + interest_cents) + principal_cents) = amount_cents),
  constraint repayments_pkey primary key (id),
  constraint repayments_source_id_unique unique (source_id),
  constraint repayments_whole check ((amount_cents >= 0) and (excess_cents >= 0) and ((amount_cents + excess_cents) > 0))
);
create index repayments_deposit on repayments (deposit_id);
create index repayments_loan on repayments (loan_id, received_at);
create trigger repayments_recorded after insert on repayments for each row execute function record_repayment_1();

create table waivers (
  id uuid not null,
  loan_id uuid not null,
  number integer not null,
  period integer not null,
  amount_cents bigint not null,
  reason text not null,
  state text not null,
  requested_by text not null,
  requested_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  constraint waivers_instalment foreign key (loan_id, number) references instalments(loan_id, number),
  constraint waivers_loan_id_loans_id_fk foreign key (loan_id) references loans(id),
  constraint waivers_pkey primary key (id),
  constraint waivers_positive check (amount_cents > 0),
  constraint waivers_state check (state in ('requested', 'approved', 'declined'))
);
create index waivers_loan on waivers (loan_id);

-- src/sacco/members/members.schema.ts

create table members (
  id uuid not null,
  number integer not null,
  person_id uuid not null,
  national_id text not null,
  national_id_hash text not null,
  born_on text not null,
  kra_pin text,
  address text,
  next_of_kin text,
  language text not null,
  sms_opt_out_at timestamptz,
  email_opt_out_at timestamptz,
  joined_at timestamptz not null,
  constraint members_language check (language in ('en', 'sw')),
  constraint members_national_id_hash_unique unique (national_id_hash),
  constraint members_number_unique unique (number),
  constraint members_person_id_people_id_fk foreign key (person_id) references people(id),
  constraint members_person_id_unique unique (person_id),
  constraint members_pkey primary key (id)
);

create table member_accounts (
  id uuid not null,
  member_id uuid not null,
  kind text not null,
  reference text not null,
  opened_at timestamptz not null,
  constraint member_accounts_kind unique (member_id, kind),
  constraint member_accounts_kind_known check (kind = 'savings'),
  constraint member_accounts_member_id_members_id_fk foreign key (member_id) references members(id),
  constraint member_accounts_pkey primary key (id),
  constraint member_accounts_reference_unique unique (reference)
);

-- src/sacco/notices/notices.schema.ts

create table digests (
  member_id uuid not null,
  channel text not null,
  told_on date not null,
  lead date not null,
  days date[] not null,
  said_at timestamptz,
  constraint digests_channel check (channel in ('sms', 'email')),
  constraint digests_member_id_members_id_fk foreign key (member_id) references members(id),
  constraint digests_pk primary key (member_id, channel, told_on)
);
create index digests_said on digests (said_at) where (said_at is not null);

-- src/desk/person/person.schema.ts

create table anonymisations (
  id uuid not null,
  subject text not null,
  person_id uuid,
  reason text not null,
  done_by text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  kept_until date,
  constraint anonymisations_pkey primary key (id),
  constraint anonymisations_subject_unique unique (subject)
);

-- src/desk/reports/counts.schema.ts

create table slot_counts (
  slot timestamptz not null,
  figure text not null,
  counts jsonb not null,
  constraint slot_counts_pk primary key (slot, figure)
);

create table day_counts (
  day date not null,
  figure text not null,
  counts jsonb not null,
  constraint day_counts_pk primary key (figure, day)
);

create table late_slots (
  id uuid not null,
  slot timestamptz not null,
  constraint late_slots_pkey primary key (id)
);

create table ledger_days (
  day date not null,
  kind text not null,
  debit text not null,
  credit text not null,
  transfers integer not null,
  amount_cents bigint not null,
  constraint ledger_days_pk primary key (day, kind, debit, credit)
);

create table count_mark (
  is_only boolean not null default true,
  final_before timestamptz,
  watched_before timestamptz,
  watched_tx xid8,
  recounted_on date,
  transfers_upto xid8,
  of_table oid,
  constraint count_mark_only check (is_only),
  constraint count_mark_pkey primary key (is_only)
);

-- src/desk/webhooks/webhooks.schema.ts

create table webhook_endpoints (
  id uuid not null,
  url text not null,
  events text[] not null,
  secret text not null,
  earlier_secret text,
  earlier_until timestamptz,
  enabled boolean not null default true,
  disabled_at timestamptz,
  failing_since timestamptz,
  failures integer not null default 0,
  paused_until timestamptz,
  created_by text not null,
  created_at timestamptz not null,
  removed_at timestamptz,
  constraint webhook_endpoints_disabled check (enabled = (disabled_at is null)),
  constraint webhook_endpoints_pkey primary key (id)
);

create table webhook_events (
  id uuid not null,
  type text not null,
  subject_id uuid,
  happened_at timestamptz not null,
  shared_at timestamptz,
  constraint webhook_events_pkey primary key (id)
);
create index webhook_events_happened on webhook_events (happened_at, id);
create index webhook_events_shared on webhook_events (shared_at) where (shared_at is not null);
create index webhook_events_waiting on webhook_events (id) where (shared_at is null);

create table webhook_deliveries (
  id uuid not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  state text not null,
  tries integer not null default 0,
  due_at timestamptz not null,
  first_tried_at timestamptz,
  tried_at timestamptz,
  delivered_at timestamptz,
  answer_status integer,
  answer text,
  error text,
  took_ms integer,
  created_at timestamptz not null,
  constraint webhook_deliveries_endpoint_id_webhook_endpoints_id_fk foreign key (endpoint_id) references webhook_endpoints(id),
  constraint webhook_deliveries_event_id_webhook_events_id_fk foreign key (event_id) references webhook_events(id) on delete cascade,
  constraint webhook_deliveries_once unique (endpoint_id, event_id),
  constraint webhook_deliveries_pkey primary key (id),
  constraint webhook_deliveries_state check (state in ('waiting', 'delivered', 'given_up'))
);
create index webhook_deliveries_due on webhook_deliveries (endpoint_id, due_at) where (state = 'waiting');
create index webhook_deliveries_event on webhook_deliveries (event_id);
create index webhook_deliveries_given_up on webhook_deliveries (endpoint_id, id) where (state = 'given_up');
create index webhook_deliveries_history on webhook_deliveries (endpoint_id, created_at, id);

-- Functions, by the file where they are read:
-- src/books/ledger/accounts.sql
--   refuse_account_change_1()
--   require_accounts_1()
-- src/books/ledger/book.sql
--   book_1(p_kind text, p_source uuid, p_leg integer, p_debit text, p_credit text, p_amount bigint, p_now timestamptz)
--   book_by_code_1(p_kind text, p_code text, p_leg integer, p_debit text, p_credit text, p_amount bigint, p_now timestamptz)
--   book_legs_1(p_kind text, p_source uuid, p_leg integer, p_debit text, p_credits text[], p_amounts bigint[], p_now timestamptz)
--   own_account_1(p_parent text, p_shortcode text)
-- src/books/ledger/checkpoints.sql
--   balances_1()
--   compare_balances_1(p_day date, p_now timestamptz)
--   held_1(p_account text)
--   held_each_1(p_accounts text[])
--   move_checkpoints_1(p_most integer)
--   moved_1(p_from xid8, p_until xid8)
--   moved_in_all_1(p_until xid8)
-- src/desk/deposits/overpaid-debt.sql
--   tell_overpaid_debt_2()
-- src/desk/reports/count-slots.sql
--   count_reports_1(p_now timestamptz, OUT changed integer, OUT behind boolean)
--   count_slots_1(p_from timestamptz, p_until timestamptz)
--   note_attempt_1()
--   note_change_1(p_at timestamptz)
--   note_deposit_1()
--   note_evidence_1()
--   note_payment_1()
--   recount_reports_1(p_day date)
--   reports_due_1()
--   sum_days_1(p_days date[])
-- src/desk/reports/count-transfers.sql
--   count_transfers_1(p_most integer)
--   shown_account_1(p_account text)
-- src/desk/reports/counted.sql
--   counted_1(p_from timestamptz, p_until timestamptz)
--   slot_of_1(p_at timestamptz)
-- src/desk/webhooks/webhook-event.sql
--   keep_webhook_event_1()
--   webhook_event_1(p_action text, p_subject text, p_after jsonb, OUT event_type text, OUT about uuid)
-- src/ground/audit/record.sql
--   record_1(p_action text, p_subject uuid, p_before text, p_after text, p_now timestamptz)
--   record_by_1(p_actor text, p_action text, p_subject text, p_before jsonb, p_after jsonb, p_request_id text, p_now timestamptz)
-- src/ground/db/new-id.sql
--   new_id_1()
-- src/ground/db/refuse-other-lookup-key.sql
--   refuse_other_lookup_key_1(p_layers integer, p_fingerprint text)
-- src/ground/idempotency/claim-key.sql
--   claim_key_2(p_scope text, p_key text, p_fingerprint text, p_owner uuid, p_subject uuid, p_now timestamptz)
-- src/ground/inbox/keep-evidence.sql
--   judge_kept_2(p_source text, p_body_hash text, p_kept text[], p_verdict text, p_receipt text)
--   keep_evidence_1(p_subject uuid, p_source text, p_body_hash text, p_body text, p_verdict text, p_now timestamptz)
--   keep_evidence_2(p_id uuid, p_subject uuid, p_source text, p_body_hash text, p_body text, p_verdict text, p_receipt text, p_now timestamptz)
--   refuse_evidence_change_2()
-- src/ground/limits/count-daily.sql
--   count_daily_1(p_what text, p_most integer, p_known boolean, p_now timestamptz)
--   count_share_1(p_what text, p_network text, p_most integer, p_now timestamptz)
--   count_up_1(p_key text, p_most integer)
--   day_key_1(p_what text, p_now timestamptz)
-- src/ground/limits/count-sliding.sql
--   count_sliding_1(p_key text, p_limits jsonb, p_refusal text, p_now timestamptz)
-- src/ground/outbox/promise-later.sql
--   promise_later_1(p_key text, p_message jsonb, p_due timestamptz)
-- src/ground/outbox/promise.sql
--   promise_1(p_key text, p_message jsonb, p_now timestamptz)
-- src/ground/tasks/close-earlier-tasks.sql
--   close_earlier_tasks_1(p_kinds text[], p_subjects text[], p_note text, p_now timestamptz)
-- src/ground/tasks/open-task.sql
--   close_tasks_1(p_kinds text[], p_subject text, p_note text, p_now timestamptz)
--   open_one_of_many_1(p_kind text, p_subject text, p_most integer, p_now timestamptz)
--   open_task_1(p_kind text, p_subject text, p_now timestamptz)
--   open_worded_task_1(p_kind text, p_subject text, p_words text, p_now timestamptz)
-- src/mpesa/float/book-entry.sql
--   book_float_entry_2(p_entry uuid, p_decided_by text, p_occurred_at timestamptz, p_proved_by text, p_now timestamptz)
-- src/mpesa/float/book-told-entry.sql
--   book_told_entry_1(told float_entries, p_ordinal integer, p_listed text[], p_now timestamptz)
--   date_entry_part_2(entry float_entries, p_moved_at timestamptz, p_cents bigint)
--   keep_entry_line_1(p_entry uuid, told float_entries, p_cents bigint)
--   take_exact_entry_2(told float_entries, p_ordinal integer, p_listed text[], p_now timestamptz)
-- src/mpesa/float/lower-opening.sql
--   lower_opening_1(p_shortcode text, p_moved_at timestamptz, p_cents bigint)
-- src/mpesa/float/reject-paid-out.sql
--   reject_paid_out_1(p_receipt text, p_now timestamptz)
-- src/mpesa/float/watch/learnt-since.sql
--   booked_reversed_1(p_deposit uuid, p_until timestamptz)
--   learnt_since_2(p_shortcode text, p_opened_at timestamptz)
-- src/mpesa/inquiries/is-own-result.sql
--   is_own_result_1(withdrawal withdrawals, p_says text, p_amount bigint, p_originator text, p_conversation text, p_payee_agrees boolean)
-- src/mpesa/inquiries/settle-balance-result.sql
--   settle_balance_result_2(p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_accounts jsonb, p_told_at timestamptz, p_paying_shortcode text, p_available bigint, p_low_float bigint, p_now timestamptz, OUT verdict text)
--   told_accounts_1(p_accounts jsonb)
--   told_before_1(p_inquiry uuid, p_accounts jsonb)
-- src/mpesa/inquiries/settle-inquiry-timeout.sql
--   settle_inquiry_timeout_1(p_inquiry uuid, p_kind text, p_body_hash text, p_body text, p_now timestamptz, OUT verdict text)
-- src/mpesa/inquiries/settle-status-result.sql
--   is_other_conversation_1(inquiry inquiries, p_conversation text)
--   settle_status_result_1(p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_status text, p_receipt text, p_amount bigint, p_debit_party text, p_credit_party text, p_reason_type text, p_finalised_at timestamptz, p_now timestamptz, OUT verdict text, OUT "askedBy" text)
--   settle_status_result_4(p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_status text, p_receipt text, p_amount bigint, p_debit_party text, p_credit_party text, p_reason_type text, p_finalised_at timestamptz, p_shortcode text, p_prompts boolean, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_now timestamptz, OUT verdict text, OUT "askedBy" text, OUT doubt text, OUT "depositId" uuid, OUT "withdrawalId" uuid)
-- src/mpesa/paybill/is-matched.sql
--   is_matched_1(p_deposit uuid)
--   left_unmatched_1(d deposits)
--   match_for_1(p_deposit uuid, p_payment uuid, p_cents bigint)
-- src/mpesa/paybill/name-by-people.sql
--   name_by_people_1(p_deposit uuid, p_receipt text, p_body_hash text, p_body text, p_now timestamptz, OUT named boolean)
-- src/mpesa/paybill/quarantine-notice.sql
--   quarantine_notice_2(p_body_hash text, p_body text, p_verdict text, p_now timestamptz)
-- src/mpesa/paybill/settle-deposit-status.sql
--   settle_deposit_status_3(p_deposit uuid, p_body_hash text, p_body text, p_says text, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_finalised_at timestamptz, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
-- src/mpesa/paybill/unread.sql
--   close_unread_1(p_shortcode text, p_read text[], p_from timestamptz, p_now timestamptz)
--   keep_unread_1(p_shortcode text, p_receipts text[], p_from timestamptz, p_until timestamptz, p_now timestamptz)
-- src/mpesa/payments/allocate.sql
--   allocate_3(p_deposit uuid, p_counter_vat_class text, p_now timestamptz)
--   bare_reference_1(p_typed text)
--   park_1(d deposits, p_account text, p_amount bigint, p_task text, p_now timestamptz)
-- src/mpesa/payments/book-reversed.sql
--   book_reversed_2(p_deposit uuid, p_now timestamptz)
--   given_back_by_2(p_deposit uuid, p_given deposits, p_now timestamptz)
--   mark_reversed_1(d deposits, p_first_at timestamptz, p_cents bigint, p_reversal text, p_now timestamptz)
--   not_given_back_2(p_deposit uuid, p_now timestamptz)
-- src/mpesa/payments/correct-words.sql
--   correct_words_2(d deposits, payment payments, p_standing text, p_typed text, p_prompts boolean, p_source text, p_now timestamptz)
--   is_not_its_name_1(d deposits, payment payments, p_standing text, p_payer_hash text, p_payer_tail text)
--   payer_contradicts_1(d deposits, p_hash text, p_tail text)
-- src/mpesa/payments/count-deposit.sql
--   count_deposit_2(p_deposit uuid, p_now timestamptz)
--   swap_counted_1(payment payments, counted deposits, d deposits, p_now timestamptz)
--   unpay_2(d deposits, p_now timestamptz)
-- src/mpesa/payments/doubt-receipt.sql
--   clear_doubt_2(p_attempt uuid, p_now timestamptz)
--   doubt_receipt_2(attempt attempts, p_success uuid, p_shortcode text, p_now timestamptz)
--   find_doubt_1(d deposits, p_times timestamptz[])
-- src/mpesa/payments/find-nameless.sql
--   find_guess_1(d deposits, p_times timestamptz[])
--   find_nameless_1(d deposits, p_times timestamptz[])
--   find_prompts_1(d deposits, p_now timestamptz, OUT "echoOf" uuid, OUT "heldUntil" timestamptz)
--   find_receipts_1(attempt attempts, p_shortcode text)
--   find_weaker_tie_1(d deposits)
--   is_guess_1(d deposits)
-- src/mpesa/payments/find-place.sql
--   ends_1(d deposits, p_now timestamptz)
--   find_held_place_2(d deposits, p_times timestamptz[], p_now timestamptz)
--   find_place_2(d deposits, p_times timestamptz[], p_displaces boolean, p_seen uuid[], p_now timestamptz)
--   make_place_2(d deposits, p_times timestamptz[], p_ends uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz)
--   match_left_over_2(attempt attempts, p_shortcode text, p_now timestamptz)
--   nearer_2(d deposits, p_latest uuid[], p_reached uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz, OUT nearer uuid[], OUT onward uuid[])
--   places_2(d deposits, p_now timestamptz)
-- src/mpesa/payments/gather-earlier.sql
--   gather_earlier_2(p_deposits uuid[], p_by_status uuid[], p_shortcode text, p_now timestamptz)
-- src/mpesa/payments/gather.sql
--   gather_2(p_deposit uuid, p_shortcode text, p_now timestamptz)
--   place_2(d deposits, p_source text, p_shortcode text, p_now timestamptz)
-- src/mpesa/payments/judge-stk.sql
--   judge_stk_2(attempt attempts, p_source text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_receipt text, p_now timestamptz)
-- src/mpesa/payments/keep-state.sql
--   keep_payment_state_1()
-- src/mpesa/payments/locks.sql
--   lock_group_1(p_amount bigint)
--   lock_receipt_1(p_receipt text)
-- src/mpesa/payments/may-fit.sql
--   echo_until_1(attempt attempts)
--   fits_1(attempt attempts, p_times timestamptz[], p_payer_hash text, p_payer_tail text)
--   may_be_from_1(attempt attempts, p_payer_hash text, p_payer_tail text)
--   may_fit_1(attempt attempts, p_times timestamptz[], p_receipt text, p_payer_hash text, p_payer_tail text)
--   may_name_1(d deposits, p_for uuid, p_times timestamptz[], p_payment uuid, attempt attempts)
--   sure_times_1(d deposits)
--   times_of_1(d deposits)
-- src/mpesa/payments/merge-deposit.sql
--   claim_deposit_3(d deposits, attempt attempts, p_tied_by text, p_now timestamptz)
--   is_paid_by_match_1(d deposits, p_payment uuid)
--   merge_deposit_2(p_deposit uuid, p_into uuid, p_now timestamptz)
--   undo_counter_sale_2(p_deposit uuid, p_now timestamptz)
-- src/mpesa/payments/name-deposit.sql
--   as_freed_1(own deposits, p_now timestamptz)
--   free_receipt_2(p_deposit uuid, p_now timestamptz)
--   name_again_2(p_deposit uuid, p_now timestamptz)
--   name_deposit_2(p_deposit uuid, d deposits, p_tied_by text, p_now timestamptz)
--   swap_names_2(own deposits, holder deposits, attempt attempts, p_proves_receipt boolean, p_moved_at timestamptz, p_now timestamptz)
--   tie_of_1(d deposits, attempt attempts)
--   unname_deposit_1(p_deposit uuid)
-- src/mpesa/payments/open-attempt.sql
--   open_again_2(p_payment uuid, p_type text, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_scope text, p_key text, p_fingerprint text, p_now timestamptz, OUT id uuid, OUT reference text, OUT "amountCents" bigint, OUT language text, OUT "liveUntil" timestamptz, OUT "earlierMayBePaid" boolean)
--   open_payment_2(p_owed bigint, p_lines jsonb, p_refusal text, p_refusal_detail jsonb, p_payment jsonb, p_references text[], p_expected bigint, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_scope text, p_key text, p_fingerprint text, p_now timestamptz, OUT id uuid, OUT reference text, OUT "amountCents" bigint, OUT language text, OUT "liveUntil" timestamptz, OUT "earlierMayBePaid" boolean)
--   write_attempt_2(payment payments, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_now timestamptz)
--   write_payment_2(payment payments, p_references text[], p_expected bigint, p_limits jsonb)
-- src/mpesa/payments/prompt-limits.sql
--   count_booking_2(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz)
--   count_network_1(p_what text, p_key text, p_network text, p_limits jsonb, p_now timestamptz)
--   count_prompt_2(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz)
--   has_paid_2(p_phone_hash text)
-- src/mpesa/payments/prove-money.sql
--   disprove_money_2(d deposits, p_now timestamptz)
--   open_after_all_1(d deposits, p_now timestamptz)
--   open_deposit_1(d deposits, p_now timestamptz)
--   prove_money_2(p_deposit uuid, p_now timestamptz)
--   refute_deposit_2(p_deposit uuid, p_now timestamptz)
-- src/mpesa/payments/quote-standing.sql
--   quote_standing_1(p_asked jsonb)
-- src/mpesa/payments/record-proved.sql
--   record_proved_1()
--   record_unidentified_1()
-- src/mpesa/payments/reverse-payment.sql
--   mark_taken_back_1(p_deposit uuid, p_now timestamptz)
--   reverse_payment_1(p_payment uuid, p_failure_code text, p_now timestamptz)
-- src/mpesa/payments/said-by-proof.sql
--   payer_by_proof_1(d deposits, p_name text, p_phone text, p_hash text, p_tail text)
--   readings_1(p_receipt text, p_times timestamptz[], p_now timestamptz)
--   receipt_day_1(p_receipt text)
--   value_date_1(p_receipt text, p_now timestamptz)
-- src/mpesa/payments/settle-c2b.sql
--   settle_c2b_3(p_body_hash text, p_body text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_shortcode text, p_prompts boolean, p_moved_at timestamptz, p_day_differs boolean, p_wait_for_proof text[], p_now timestamptz, OUT "depositId" uuid, OUT verdict text, OUT duplicate boolean)
-- src/mpesa/payments/settle-doubt.sql
--   settle_doubt_4(p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_finalised_at timestamptz, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
-- src/mpesa/payments/settle-moved-reversal.sql
--   settle_moved_reversal_2(p_deposit uuid, p_of uuid, p_cents bigint, p_source text, p_now timestamptz)
-- src/mpesa/payments/settle-receipt.sql
--   settle_receipt_2(p_source text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_shortcode text, p_prompts boolean, p_times timestamptz[], p_opens boolean, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
-- src/mpesa/payments/settle-receipts.sql
--   settle_receipts_2(p_source text, p_receipts jsonb, p_now timestamptz)
-- src/mpesa/payments/settle-stk.sql
--   release_echoes_1(p_attempt uuid, p_now timestamptz)
--   settle_stk_5(p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, OUT "paymentId" uuid, OUT "depositId" uuid, OUT verdict text, OUT duplicate boolean)
-- src/mpesa/payments/stands-in.sql
--   arrived_in_1(d deposits)
--   next_leg_1(p_kind text, p_deposit uuid)
--   parked_in_1(d deposits)
--   stands_in_2(d deposits)
-- src/mpesa/payments/take-off-own-money.sql
--   take_off_own_money_2(p_receipt text, p_now timestamptz)
-- src/mpesa/payments/take-success.sql
--   take_success_3(attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz)
-- src/mpesa/payouts/bulk/keep-lines.sql
--   keep_bulk_line_1()
-- src/mpesa/payouts/call-back-payouts.sql
--   call_back_payouts_2(p_sources uuid[], p_deposit uuid, p_now timestamptz)
-- src/mpesa/payouts/gather-payouts.sql
--   gather_payouts_2(p_pays text, p_shortcode text, p_limit integer, p_now timestamptz)
-- src/mpesa/payouts/is-paid-out.sql
--   is_leaving_1(p_deposit uuid)
--   is_paid_out_1(p_receipt text)
--   is_reversing_1(p_deposit uuid)
-- src/mpesa/payouts/keep-subject.sql
--   keep_payout_subject_1()
-- src/mpesa/payouts/left-under.sql
--   left_under_2(w withdrawals)
--   unended_reversal_2(p_deposit uuid)
-- src/mpesa/payouts/name-withdrawal.sql
--   ask_end_1(p_withdrawal uuid, p_now timestamptz)
--   name_withdrawal_1(p_withdrawal uuid, p_receipt text)
-- src/mpesa/payouts/over-counter.sql
--   over_counter_2(p_deposit uuid)
-- src/mpesa/payouts/own-moves.sql
--   left_from_1(p_deposit uuid, p_account text)
--   own_moves_1(p_deposit uuid)
-- src/mpesa/payouts/parts-given-back.sql
--   came_after_all_2(p_payment uuid)
--   parts_given_back_2(p_deposit uuid)
-- src/mpesa/payouts/settle-withdrawal.sql
--   judge_payout_1(p_payout uuid, p_now timestamptz)
--   judge_withdrawal_1(withdrawal withdrawals, p_own boolean, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean)
--   moved_within_1(p_moved_at timestamptz, p_approved_at timestamptz, p_heard_at timestamptz)
--   reject_withdrawal_2(w withdrawals, payout payouts, p_result_code text, p_note text, p_now timestamptz)
--   settle_withdrawal_4(p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text, p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, OUT verdict text)
--   waits_in_place_1(payout payouts)
-- src/mpesa/payouts/take-reversal-along.sql
--   take_reversal_along_2(p_from uuid, p_to uuid, p_now timestamptz)
-- src/mpesa/reconcile/book-unlinked.sql
--   book_unlinked_2(p_reversal text, p_now timestamptz)
-- src/mpesa/reconcile/covers-days.sql
--   covers_days_1(p_shortcode text, p_from date, p_to date, p_named boolean)
--   is_answered_1(p_shortcode text, p_from date, p_to date)
--   is_covered_1(p_shortcode text, p_from date, p_to date)
-- src/mpesa/reconcile/end-statement.sql
--   close_missing_1(p_now timestamptz)
--   end_statement_3(p_statement uuid, p_now timestamptz)
--   misses_1(p_statement uuid)
-- src/mpesa/reconcile/given-back-lines.sql
--   given_back_lines_1(p_receipt text, p_shortcode text)
--   shown_reversed_1(p_receipt text, p_shortcode text, OUT cents bigint, OUT first_at timestamptz, OUT reversal text)
-- src/mpesa/reconcile/given-back.sql
--   given_back_2(d deposits)
--   is_shown_reversed_1(d deposits, p_reversal text)
--   may_change_receipt_1(d deposits)
--   may_give_back_1(l statement_lines, d deposits)
--   unlinked_reversal_1(d deposits)
-- src/mpesa/reconcile/join-statements.sql
--   clashes_2(s statements, OUT how text, OUT "with" uuid)
--   follows_1(s statements)
--   lacks_1(p_statement uuid, p_other uuid, p_from timestamptz, p_until timestamptz)
--   span_1(s statements, OUT begins timestamptz, OUT newest timestamptz)
-- src/mpesa/reconcile/known-shortcode.sql
--   belongs_to_1(s statements)
--   is_by_list_1(d deposits)
--   known_shortcode_1(d deposits)
--   lists_payments_1(s statements)
-- src/mpesa/reconcile/link-reversal.sql
--   is_said_1(p_reversal text)
--   known_link_2(p_reversal text)
--   link_own_reversal_1(p_reversal text, p_receipt text, p_books boolean, p_now timestamptz)
--   link_reversal_2(p_reversal text, p_receipt text, p_now timestamptz)
--   unsay_link_2(p_reversal text, p_payment text, p_now timestamptz)
-- src/mpesa/reconcile/match-lines.sql
--   end_matching_2(p_statement uuid, p_now timestamptz)
--   match_lines_2(p_statement uuid, p_limit integer)
-- src/mpesa/reconcile/open-line-tasks.sql
--   end_money_out_1(p_receipt text, p_now timestamptz)
--   open_line_tasks_2(p_kind text, p_statement uuid, p_receipts text[], p_now timestamptz)
--   tells_reversal_1(p_statement uuid, p_receipt text)
-- src/mpesa/reconcile/own-receipts.sql
--   is_in_books_1(p_receipt text)
--   is_own_money_1(p_receipt text)
--   is_signed_payment_1(p_receipt text)
--   take_off_own_lines_2(s statements, p_upto integer, p_now timestamptz)
-- src/mpesa/reconcile/recall-reversed.sql
--   mend_copied_reversals_2(p_now timestamptz)
--   recall_reversed_2(p_receipt text, p_now timestamptz)
-- src/mpesa/reconcile/refute-absent.sql
--   holds_day_1(p_begins timestamptz, p_ends timestamptz, p_moved_at timestamptz, p_day date)
--   refute_absent_2(p_limit integer, p_passed uuid[], p_now timestamptz)
--   refuting_times_1()
-- src/mpesa/reconcile/settle-lines.sql
--   book_line_2(s statements, l statement_lines, p_now timestamptz)
--   entry_of_line_1(s statements, l statement_lines, p_other_leg boolean)
--   keys_beside_1(l statement_lines)
--   pass_line_1(p_statement uuid, p_reversed boolean, p_now timestamptz)
--   proof_of_line_1(s statements, x statement_lines)
--   settle_lines_2(p_statement uuid, p_limit integer, p_now timestamptz)
--   take_exact_entries_2(s statements, p_now timestamptz)
-- src/mpesa/reconcile/settle-reversed.sql
--   settle_reversed_2(p_statement uuid, p_now timestamptz)
--   settle_unlinked_2(s statements, l statement_lines, p_now timestamptz)
--   tell_unlinked_3(p_statement uuid, p_again text, p_now timestamptz)
--   unended_like_2(l statement_lines, p_shortcode text)
-- src/mpesa/reconcile/settle-unresolved.sql
--   end_already_reversed_2(p_now timestamptz)
--   settle_unresolved_3(p_now timestamptz)
-- src/mpesa/reconcile/withdraw-statement.sql
--   is_own_reversal_1(p_reversal text, p_payment text)
--   lock_reversed_1(p_statement uuid)
--   relied_on_1(p_statement uuid)
--   rely_on_others_1(p_statement uuid, p_reversal text, p_payment text)
--   unsay_reversed_1(p_statement uuid, p_now timestamptz)
--   was_asked_1(p_kind text, p_subject text)
--   withdraw_statement_1(p_statement uuid, p_by text, p_why text, p_now timestamptz)
-- src/mpesa/refunds/take-back.sql
--   spare_bought_2(p_deposit uuid, p_now timestamptz)
--   take_back_2(p_deposit uuid, p_now timestamptz)
--   take_back_returned_2(payout payouts, p_cents bigint, p_now timestamptz)
-- src/sacco/accounts/deposit-savings.sql
--   deposit_savings_2(p_account uuid, p_source uuid, p_amount bigint, p_now timestamptz)
-- src/sacco/accounts/taken-back.sql
--   notify_savings_taken_back_1(p_account text, p_deposit uuid, p_now timestamptz)
-- src/sacco/loans/has-repaid.sql
--   has_repaid_1(p_deposit uuid)
-- src/sacco/loans/record-repayment.sql
--   record_repayment_1()
-- src/sacco/loans/tell-closed.sql
--   tell_closed_2(p_deposit uuid, p_now timestamptz)
-- src/sacco/loans/tell-moved.sql
--   tell_moved_1(p_deposit uuid, p_now timestamptz)
-- src/sacco/members/promise-notice.sql
--   promise_notice_2(p_event text, p_subject uuid, p_cause text, p_member uuid, p_treasurers boolean, p_now timestamptz)
-- src/shop/bookings/create-booking.sql
--   create_booking_2(p_sku text, p_payment jsonb, p_references text[], p_booking jsonb, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_scope text, p_key text, p_fingerprint text, p_now timestamptz)
--   refuse_late_booking_1(p_booking uuid, p_now timestamptz)
-- src/shop/bookings/hold-booking.sql
--   hold_booking_2(payment payments, p_now timestamptz)
-- src/shop/bookings/less-held.sql
--   held_of_booking_2(p_booking uuid)
--   less_held_2(p_booking uuid, p_actor text, p_now timestamptz)
-- src/shop/bookings/taken-back.sql
--   expire_held_1(p_booking uuid, p_now timestamptz)
--   is_fee_held_1(p_bookings uuid[])
-- src/shop/invoices/credit-taken-back.sql
--   credit_taken_back_1(payment payments, p_deposit uuid, p_now timestamptz)
--   rest_of_invoice_1(invoice invoices, p_language text)
-- src/shop/invoices/draft-invoice.sql
--   draft_invoice_1(payment payments, p_kind text, p_lines jsonb, p_vat jsonb, p_now timestamptz)
-- src/shop/notices/tell-customer.sql
--   tell_booking_1()
--   tell_customer_1(p_event text, p_subject uuid, p_cause text, p_has_email boolean, p_due timestamptz)
--   tell_failed_prompt_1()
--   tell_refund_1()
-- src/shop/orders/quote-order.sql
--   quote_order_1(p_asked jsonb)
-- src/shop/orders/sell-over-counter.sql
--   sell_over_counter_1(d deposits, p_vat_class text, p_now timestamptz)
-- src/shop/orders/sell.sql
--   sale_legs_1(payment payments, p_at timestamptz)
--   sell_2(payment payments, p_source uuid, p_at timestamptz, p_now timestamptz)
--   sold_for_1(payment payments)
-- src/shop/vat/vat-of.sql
--   vat_of_1(p_lines jsonb, p_at timestamptz)
-- in migrations alone, some of them for the release before this one
--   allocate_1(p_deposit uuid, p_counter_vat_class text, p_now timestamptz)
--   allocate_2(p_deposit uuid, p_counter_vat_class text, p_now timestamptz)
--   book_float_entry_1(p_entry uuid, p_decided_by text, p_occurred_at timestamptz, p_proved_by text, p_now timestamptz)
--   book_line_1(s statements, l statement_lines, p_now timestamptz)
--   book_own_money_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz)
--   book_reversed_1(p_deposit uuid, p_now timestamptz)
--   book_unlinked_1(p_reversal text, p_now timestamptz)
--   call_back_payouts_1(p_sources text[], p_deposit uuid, p_now timestamptz)
--   came_after_all_1(p_payment uuid)
--   claim_deposit_1(d deposits, attempt attempts, p_tied_by text, p_now timestamptz)
--   claim_deposit_2(d deposits, attempt attempts, p_tied_by text, p_now timestamptz)
--   claim_key_1(p_scope text, p_key text, p_fingerprint text, p_owner uuid, p_payment uuid, p_now timestamptz)
--   clashes_1(s statements)
--   clear_doubt_1(p_attempt uuid, p_now timestamptz)
--   correct_words_1(d deposits, payment payments, p_standing text, p_typed text, p_prompts boolean, p_source text, p_now timestamptz)
--   count_booking_1(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz)
--   count_deposit_1(p_deposit uuid, p_now timestamptz)
--   count_prompt_1(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz)
--   create_booking_1(p_sku text, p_payment jsonb, p_references text[], p_booking jsonb, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_scope text, p_key text, p_fingerprint text, p_now timestamptz)
--   date_entry_part_1(entry float_entries, p_moved_at timestamptz, p_cents bigint)
--   deposit_savings_1(p_account uuid, p_source uuid, p_amount bigint, p_now timestamptz)
--   disprove_money_1(d deposits, p_now timestamptz)
--   doubt_receipt_1(attempt attempts, p_success uuid, p_shortcode text, p_now timestamptz)
--   end_already_reversed_1(p_now timestamptz)
--   end_matching_1(p_statement uuid, p_now timestamptz)
--   end_statement_1(p_statement uuid, p_now timestamptz)
--   end_statement_2(p_statement uuid, p_now timestamptz)
--   find_held_place_1(d deposits, p_times timestamptz[], p_now timestamptz)
--   find_place_1(d deposits, p_times timestamptz[], p_displaces boolean, p_seen uuid[], p_now timestamptz)
--   free_receipt_1(p_deposit uuid, p_now timestamptz)
--   gather_1(p_deposit uuid, p_shortcode text, p_now timestamptz)
--   gather_earlier_1(p_deposits uuid[], p_by_status uuid[], p_shortcode text, p_now timestamptz)
--   gather_payouts_1(p_pays text, p_shortcode text, p_limit integer, p_now timestamptz)
--   given_back_1(d deposits)
--   given_back_by_1(p_deposit uuid, p_given deposits, p_now timestamptz)
--   has_paid_1(p_phone_hash text)
--   held_of_booking_1(p_booking uuid)
--   hold_booking_1(payment payments, p_now timestamptz)
--   joins_1(s statements)
--   judge_kept_1(p_source text, p_body_hash text, p_kept text[], p_verdict text)
--   judge_stk_1(attempt attempts, p_source text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_receipt text, p_now timestamptz)
--   keep_rare_status_1()
--   known_link_1(p_reversal text)
--   learnt_since_1(p_shortcode text, p_opened_at timestamptz)
--   left_under_1(w withdrawals)
--   less_held_1(p_booking uuid, p_actor text, p_now timestamptz)
--   link_reversal_1(p_reversal text, p_receipt text, p_now timestamptz)
--   make_place_1(d deposits, p_times timestamptz[], p_ends uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz)
--   match_left_over_1(attempt attempts, p_shortcode text, p_now timestamptz)
--   match_lines_1(p_statement uuid, p_limit integer)
--   mend_copied_reversals_1(p_now timestamptz)
--   merge_deposit_1(p_deposit uuid, p_into uuid, p_now timestamptz)
--   name_again_1(p_deposit uuid, p_now timestamptz)
--   name_deposit_1(p_deposit uuid, d deposits, p_tied_by text, p_now timestamptz)
--   nearer_1(d deposits, p_latest uuid[], p_reached uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz, OUT nearer uuid[], OUT onward uuid[])
--   not_given_back_1(p_deposit uuid, p_now timestamptz)
--   open_again_1(p_payment uuid, p_type text, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_scope text, p_key text, p_fingerprint text, p_now timestamptz, OUT id uuid, OUT reference text, OUT "amountCents" bigint, OUT language text, OUT "liveUntil" timestamptz, OUT "earlierMayBePaid" boolean)
--   open_line_tasks_1(p_kind text, p_statement uuid, p_receipts text[], p_now timestamptz)
--   open_payment_1(p_owed bigint, p_lines jsonb, p_refusal text, p_refusal_detail jsonb, p_payment jsonb, p_references text[], p_expected bigint, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_scope text, p_key text, p_fingerprint text, p_now timestamptz, OUT id uuid, OUT reference text, OUT "amountCents" bigint, OUT language text, OUT "liveUntil" timestamptz, OUT "earlierMayBePaid" boolean)
--   over_counter_1(p_deposit uuid)
--   parts_given_back_1(p_deposit uuid)
--   place_1(d deposits, p_source text, p_shortcode text, p_now timestamptz)
--   places_1(d deposits, p_now timestamptz)
--   promise_notice_1(p_event text, p_subject uuid, p_cause text, p_member uuid, p_treasurers boolean, p_now timestamptz)
--   prove_money_1(p_deposit uuid, p_now timestamptz)
--   quarantine_notice_1(p_body_hash text, p_body text, p_verdict text, p_now timestamptz)
--   recall_reversed_1(p_receipt text, p_now timestamptz)
--   refuse(code text, detail jsonb)
--   refuse_change()
--   refuse_evidence_change_1()
--   refuse_other_environment_1(site text)
--   refute_absent_1(p_limit integer, p_passed uuid[], p_now timestamptz)
--   refute_deposit_1(p_deposit uuid, p_now timestamptz)
--   reject_withdrawal_1(w withdrawals, payout payouts, p_result_code text, p_note text, p_now timestamptz)
--   sell_1(payment payments, p_source uuid, p_at timestamptz, p_now timestamptz)
--   settle_balance_result_1(p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_accounts jsonb, p_told_at timestamptz, p_paying_shortcode text, p_available bigint, p_low_float bigint, p_now timestamptz, OUT verdict text)
--   settle_c2b_1(p_body_hash text, p_body text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_shortcode text, p_prompts boolean, p_moved_at timestamptz, p_day_differs boolean, p_wait_for_proof text[], p_now timestamptz, OUT "depositId" uuid, OUT verdict text, OUT duplicate boolean)
--   settle_c2b_2(p_body_hash text, p_body text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_shortcode text, p_prompts boolean, p_moved_at timestamptz, p_day_differs boolean, p_wait_for_proof text[], p_now timestamptz, OUT "depositId" uuid, OUT verdict text, OUT duplicate boolean)
--   settle_deposit_status_1(p_deposit uuid, p_body_hash text, p_body text, p_says text, p_receipt text, p_amount bigint, p_shortcode text, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
--   settle_deposit_status_2(p_deposit uuid, p_body_hash text, p_body text, p_says text, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_finalised_at timestamptz, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
--   settle_doubt_1(p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
--   settle_doubt_2(p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_finalised_at timestamptz, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
--   settle_doubt_3(p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_finalised_at timestamptz, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
--   settle_lines_1(p_statement uuid, p_limit integer, p_now timestamptz)
--   settle_moved_reversal_1(p_payout uuid, p_of uuid, p_now timestamptz)
--   settle_receipt_1(p_source text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_shortcode text, p_prompts boolean, p_times timestamptz[], p_opens boolean, p_now timestamptz, OUT "depositId" uuid, OUT verdict text)
--   settle_receipts_1(p_source text, p_receipts jsonb, p_now timestamptz)
--   settle_reversed_1(p_statement uuid, p_now timestamptz)
--   settle_status_result_2(p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_status text, p_receipt text, p_amount bigint, p_debit_party text, p_credit_party text, p_reason_type text, p_finalised_at timestamptz, p_shortcode text, p_prompts boolean, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_now timestamptz, OUT verdict text, OUT "askedBy" text, OUT doubt text, OUT "depositId" uuid)
--   settle_status_result_3(p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_status text, p_receipt text, p_amount bigint, p_debit_party text, p_credit_party text, p_reason_type text, p_finalised_at timestamptz, p_shortcode text, p_prompts boolean, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_now timestamptz, OUT verdict text, OUT "askedBy" text, OUT doubt text, OUT "depositId" uuid)
--   settle_stk_1(p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, OUT "paymentId" uuid, OUT "depositId" uuid, OUT verdict text, OUT duplicate boolean)
--   settle_stk_2(p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, OUT "paymentId" uuid, OUT "depositId" uuid, OUT verdict text, OUT duplicate boolean)
--   settle_stk_3(p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, OUT "paymentId" uuid, OUT "depositId" uuid, OUT verdict text, OUT duplicate boolean)
--   settle_stk_4(p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, OUT "paymentId" uuid, OUT "depositId" uuid, OUT verdict text, OUT duplicate boolean)
--   settle_unlinked_1(s statements, l statement_lines, p_now timestamptz)
--   settle_unresolved_1(p_now timestamptz)
--   settle_unresolved_2(p_now timestamptz)
--   settle_withdrawal_1(p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text, p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_now timestamptz, OUT verdict text)
--   settle_withdrawal_2(p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text, p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, OUT verdict text)
--   settle_withdrawal_3(p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text, p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, OUT verdict text)
--   spare_bought_1(p_deposit uuid, p_now timestamptz)
--   stands_in_1(d deposits)
--   stood_at_1(p_deposit uuid, p_at timestamptz)
--   swap_names_1(own deposits, holder deposits, attempt attempts, p_proves_receipt boolean, p_moved_at timestamptz, p_now timestamptz)
--   take_back_1(p_deposit uuid, p_now timestamptz)
--   take_back_returned_1(payout payouts, p_cents bigint, p_now timestamptz)
--   take_exact_entries_1(s statements, p_now timestamptz)
--   take_exact_entry_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz)
--   take_off_own_lines_1(s statements, p_upto integer, p_now timestamptz)
--   take_off_own_money_1(p_receipt text, p_now timestamptz)
--   take_reversal_along_1(p_from uuid, p_to uuid, p_now timestamptz)
--   take_success_1(attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz)
--   take_success_2(attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz)
--   tell_closed_1(p_deposit uuid, p_now timestamptz)
--   tell_overpaid_debt_1()
--   tell_unlinked_1(p_statement uuid, p_now timestamptz)
--   tell_unlinked_2(p_statement uuid, p_now timestamptz)
--   undo_counter_sale_1(p_deposit uuid, p_now timestamptz)
--   unended_like_1(l statement_lines, p_shortcode text)
--   unended_reversal_1(p_deposit uuid)
--   unpay_1(d deposits, p_now timestamptz)
--   unsay_link_1(p_reversal text, p_payment text, p_now timestamptz)
--   write_attempt_1(payment payments, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_now timestamptz)
--   write_payment_1(payment payments, p_references text[], p_expected bigint, p_limits jsonb)
