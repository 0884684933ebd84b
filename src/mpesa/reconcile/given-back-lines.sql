-- The lines of signed statements that show a receipt of this short code (null: of any of ours) as reversed in the portal, and when the money left. Each line comes once, in
-- however many statements it stands. Equal parts within one second come as often as a single statement lists them.
create function given_back_lines_1(p_receipt text, p_shortcode text) returns table (receipt text, left_at timestamptz, cents bigint, nth bigint) language sql stable as $$
  select distinct x.receipt, x.completed_at, x.amount_cents, row_number() over (partition by x.statement_id, x.receipt, x.completed_at, x.amount_cents order by x.n)
  from statement_lines x join statements s on s.id = x.statement_id
  where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict is not null and s.shortcode = coalesce(p_shortcode, s.shortcode)
$$;
--> statement-breakpoint

-- How much of a receipt settled lines of signed statements show as reversed in the portal, with the time and receipt of the first of them (given_back_lines_1).
create function shown_reversed_1(p_receipt text, p_shortcode text, out cents bigint, out first_at timestamptz, out reversal text) language sql stable as $$
  select sum(l.cents)::bigint, min(l.left_at), (array_agg(l.receipt order by l.left_at))[1] from given_back_lines_1(p_receipt, p_shortcode) l
$$;
