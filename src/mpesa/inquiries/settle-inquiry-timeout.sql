-- Keeps the notice that Safaricom gave up on a question. It proves nothing: an answer may still come and is taken. Safe to repeat, in any order.
create function settle_inquiry_timeout_1(p_inquiry uuid, p_kind text, p_body_hash text, p_body text, p_now timestamptz, out verdict text) language plpgsql as $$
declare
  inquiry inquiries;
begin
  select * into inquiry from inquiries where id = p_inquiry and kind = p_kind for update;
  verdict := case when inquiry.id is null then 'no_inquiry' else 'unclear' end;
  perform keep_evidence_1(p_inquiry, p_kind, p_body_hash, p_body, verdict, p_now);
  -- what was answered or refused stays so
  update inquiries set state = 'timed_out' where id = inquiry.id and state = 'asked';
end $$;
