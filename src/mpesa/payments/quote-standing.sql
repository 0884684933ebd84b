-- Prices a payment for a standing reference (`kind`, `subject` and `amount_cents` of `p_asked`): the payer chooses the amount. Refuses if there is no such loan or account.
create function quote_standing_1(p_asked jsonb) returns table (owed_cents bigint, lines jsonb, refusal text, refusal_detail jsonb) language sql stable as $$
  select (p_asked->>'amount_cents')::bigint, jsonb_build_array(jsonb_build_object('kind', p_asked->'kind', 'reference', p_asked->'subject')),
    case when not exists (select from standing_references s where s.typed = bare_reference_1(p_asked->>'subject') and s.kind = p_asked->>'kind') then 'unknown_reference' end,
    '{}'::jsonb
$$;
