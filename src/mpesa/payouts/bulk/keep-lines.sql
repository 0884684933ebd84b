-- A line of a bulk payout pays whom and what its approver has read, once: only its payout and its end are ever written, each a single time. The keys and hashes of personal
-- data may be made anew (`phone`, `name`, `own_reference`, `phone_hash`): an approval compares what they say with the hash.
create function keep_bulk_line_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (new.id, new.bulk_id, new.line, new.amount_cents) is distinct from (old.id, old.bulk_id, old.line, old.amount_cents)
    or old.payout_id is not null and new.payout_id is distinct from old.payout_id or old.cancelled_at is not null and new.cancelled_at is distinct from old.cancelled_at
    or new.payout_id is not null and old.payout_id is null and old.cancelled_at is not null then
    raise exception 'A line of a bulk payout is never changed.';
  end if;
  return new;
end $$;
