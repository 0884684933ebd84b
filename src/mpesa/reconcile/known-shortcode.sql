-- Whether nothing better than a pulled list, and perhaps its notice, says at which of our short codes money came: no callback, no status answer, no line of a signed statement.
create function is_by_list_1(d deposits) returns boolean language sql stable as $$
  select d.attempt_id is null and (coalesce(d.shortcode_by_list, false) or d.source = 'pull') and not exists (select from statement_lines l join statements s on s.id = l.statement_id
    where l.receipt = d.receipt and l.direction = 'in' and s.shortcode = d.shortcode and s.state in ('signed', 'done'))
$$;
--> statement-breakpoint

-- The short code of ours that money surely came to. Null where nobody knows: it may have come to any.
create function known_shortcode_1(d deposits) returns text language sql stable as $$
  select case when not is_by_list_1(d) then d.shortcode end
$$;
--> statement-breakpoint

-- Whether a statement is of the account that customers pay into: that is the one whose signed statements list their payments. What the others do not contain says nothing.
create function lists_payments_1(s statements) returns boolean language sql stable as $$
  select exists (select from statements o join statement_lines l on l.statement_id = o.id
    where o.shortcode = s.shortcode and o.account is not distinct from s.account and (o.id = s.id or o.state in ('signed', 'done')) and l.direction = 'in' and l.kind = 'payment')
$$;
--> statement-breakpoint

-- The other short code of ours that a statement is about, by a payment of it that is proved to have come there. Nothing where it is about its own, as far as the books know. A
-- pulled list does not prove at which one, nor does a prompt that has the receipt by a guess: a statement does, and moves it there (gather_2). Where notices and list say another one of more
-- payments than are its own, it is a file of that one.
create function belongs_to_1(s statements) returns text language sql stable as $$
  select max(d.shortcode) filter (where d.shortcode <> s.shortcode) from statement_lines l join deposits d on d.receipt = l.receipt
  where l.statement_id = s.id and l.direction = 'in' and l.kind in ('payment', 'organisation') and d.receipt_proved_at is not null and d.merged_into is null
    and not coalesce(d.tied_by in ('reference', 'payer', 'time'), false)
  having bool_or(d.shortcode <> s.shortcode and not is_by_list_1(d))
    or count(*) filter (where d.shortcode <> s.shortcode and d.shortcode_by_list is null) > count(*) filter (where d.shortcode = s.shortcode)
$$;
