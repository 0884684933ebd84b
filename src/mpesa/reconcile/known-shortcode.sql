-- Whether nothing better than a pulled list, and perhaps a notice, says at which of our short codes money came: no callback, no status answer, no line of a signed statement.
create function is_by_list_1(d deposits) returns boolean language sql stable as $$
  select d.attempt_id is null and (coalesce(d.shortcode_by_list, false) or d.source = 'pull') and not exists (select from statement_lines l join statements s on s.id = l.statement_id
    where l.receipt = d.receipt and l.direction = 'in' and s.shortcode = d.shortcode and s.state in ('signed', 'done'))
$$;
--> statement-breakpoint

-- Our short code that money surely came to. Null where nobody knows: it may have come to any.
create function known_shortcode_1(d deposits) returns text language sql stable as $$
  select case when not is_by_list_1(d) then d.shortcode end
$$;
--> statement-breakpoint

-- Whether a statement is of the account that customers pay into: it lists their payments itself, or a signed statement of the same account does. What other
-- statements lack says nothing.
create function lists_payments_1(s statements) returns boolean language sql stable as $$
  select exists (select from statements o join statement_lines l on l.statement_id = o.id
    where o.shortcode = s.shortcode and o.account is not distinct from s.account and (o.id = s.id or o.state in ('signed', 'done')) and l.direction = 'in' and l.kind = 'payment')
$$;
--> statement-breakpoint

-- The other short code of ours whose statement this is: a payment on it is proved to have come there. Null where, as far as the books know, it is its own short code's. A
-- pulled list does not prove a short code, nor does a prompt that has the receipt by a guess; a statement does, and moves the payment (gather_2). But if notices and lists
-- place more of its payments at another short code than at its own, the file is that one's.
create function belongs_to_1(s statements) returns text language sql stable as $$
  select max(d.shortcode) filter (where d.shortcode <> s.shortcode) from statement_lines l join deposits d on d.receipt = l.receipt
  where l.statement_id = s.id and l.direction = 'in' and l.kind in ('payment', 'organisation') and d.receipt_proved_at is not null and d.merged_into is null
    and not coalesce(d.tied_by in ('reference', 'payer', 'time'), false)
  having bool_or(d.shortcode <> s.shortcode and not is_by_list_1(d))
    or count(*) filter (where d.shortcode <> s.shortcode and d.shortcode_by_list is null) > count(*) filter (where d.shortcode = s.shortcode)
$$;
