-- Keeps `payouts.subject_id` equal to `payouts.subject`, the text that the last release knows: a write to one of them writes both, and if both are written `subject_id` counts.
-- A row from before `subject_id` gets it with its first change.
create function keep_payout_subject_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' and new.subject_id is null or tg_op = 'UPDATE' and new.subject_id is not distinct from old.subject_id then new.subject_id := new.subject::uuid; end if;
  new.subject := new.subject_id::text;
  return new;
end $$;
