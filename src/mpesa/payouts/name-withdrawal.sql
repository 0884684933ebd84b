-- What signed lines mean for a withdrawal that they show.

-- Gives a withdrawal the receipt of its line, unless it has one, or the receipt is another movement's. Call it under the receipt's lock.
create function name_withdrawal_1(p_withdrawal uuid, p_receipt text) returns boolean language plpgsql as $$
begin
  update withdrawals w set receipt = p_receipt where w.id = p_withdrawal and w.receipt is null and not exists (select from withdrawals o where o.receipt = p_receipt)
    and not exists (select from deposits d where d.receipt = p_receipt);
  return found;
end $$;
--> statement-breakpoint

-- If a withdrawal has no result yet, its status is asked again at once.
create function ask_end_1(p_withdrawal uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  update withdrawals set query_due_at = p_now where id = p_withdrawal and state in ('dispatched', 'unknown');
end $$;
