-- Money that was only told is proved: the audit trail says so of the payment for which it counts.
create function record_proved_1() returns trigger language plpgsql as $$
begin
  perform record_1('payment_proved', p.id, 'told', 'proved', new.confirmed_at) from payments p
  where p.id in (select new.payment_id union select m.payment_id from matches m where m.deposit_id = new.id) and p.counted_deposit_id = new.id and p.state = 'paid';
  return null;
end $$;
--> statement-breakpoint

-- Money came that names nothing of ours.
create function record_unidentified_1() returns trigger language plpgsql as $$
begin
  perform record_1('deposit_unidentified', new.subject::uuid, null, null, new.opened_at);
  return null;
end $$;
