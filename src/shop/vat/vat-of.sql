-- The VAT contained in lines, per class in alphabetical order, at the rates of that day in Nairobi. Each class is split once, so that rounding errors do not add up. Half a
-- cent rounds up, in favour of the tax.
create function vat_of_1(p_lines jsonb, p_at timestamptz) returns table (vat_class text, basis_points int, net_cents bigint, vat_cents bigint) language plpgsql stable as $$
begin
  return query
    select g.class, r.basis_points, g.cents - v.cents, v.cents
    from (select l."vatClass" as class, sum(l."grossCents")::bigint as cents from jsonb_to_recordset(p_lines) as l("vatClass" text, "grossCents" bigint) group by 1) g
    left join lateral (select rates.basis_points from vat_rates rates
      where rates.vat_class = g.class and rates.valid_from <= (p_at at time zone 'Africa/Nairobi')::date order by rates.valid_from desc limit 1) r on true
    cross join lateral (select (2 * g.cents * r.basis_points + 10000 + r.basis_points) / (2 * (10000 + r.basis_points)) as cents) v
    order by g.class;
  if exists (select from jsonb_to_recordset(p_lines) as l("vatClass" text)
    where not exists (select from vat_rates rates where rates.vat_class = l."vatClass" and rates.valid_from <= (p_at at time zone 'Africa/Nairobi')::date)) then
    raise exception 'There is no VAT rate for a class of these lines on that day: add a row to vat_rates.';
  end if;
end $$;
