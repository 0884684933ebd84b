-- What signed statements show as reversed in the portal of a receipt that came to this short code (null: to whichever of ours), and when it left: each line once, in however
-- many statements it stands. Equal parts of one second are as many as one statement lists.
create function given_back_lines_1(p_receipt text, p_shortcode text) returns table (receipt text, left_at timestamptz, cents bigint, nth bigint) language sql stable as $$
  select distinct x.receipt, x.completed_at, x.amount_cents, row_number() over (partition by x.statement_id, x.receipt, x.completed_at, x.amount_cents order by x.n)
  from statement_lines x join statements s on s.id = x.statement_id
  where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict is not null and s.shortcode = coalesce(p_shortcode, s.shortcode)
$$;
--> statement-breakpoint

-- What settled lines of signed statements show as reversed in the portal of a receipt in all (given_back_lines_1).
create function shown_reversed_1(p_receipt text, p_shortcode text, out cents bigint, out first_at timestamptz, out reversal text) language sql stable as $$
  select sum(l.cents)::bigint, min(l.left_at), (array_agg(l.receipt order by l.left_at))[1] from given_back_lines_1(p_receipt, p_shortcode) l
$$;
