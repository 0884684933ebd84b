-- Promises to notify a member, and with `p_treasurers` the treasurers, by SMS and e-mail: once per event, subject and cause (which may be null). Only verified phones are
-- written to, and only on channels that the member has not opted out of.
create function promise_notice_2(p_event text, p_subject uuid, p_cause text, p_member uuid, p_treasurers boolean, p_now timestamptz) returns void language plpgsql as $$
begin
  perform promise_1(concat_ws(':', p_event, p_subject, p_cause, p.id, c.channel),
    jsonb_build_object('kind', 'notice', 'event', p_event, 'subjectId', p_subject, 'personId', p.id, 'channel', c.channel), p_now)
  from people p left join members m on m.person_id = p.id
  cross join lateral (values ('sms', p.phone_verified_at is not null and m.sms_opt_out_at is null), ('email', p.email is not null and m.email_opt_out_at is null)) c (channel, reachable)
  where c.reachable and p.disabled_at is null and (m.id = p_member or p_treasurers and p.role = 'treasurer');
end $$;
