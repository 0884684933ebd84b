-- Every settling function locks in this order: the amount's group, the receipt, payments by id, the attempt; then it decides, then it writes. READ COMMITTED is assumed: each
-- statement sees what was committed before its lock was taken.

-- Only one transaction at a time may tie receipts and prompts of one amount to each other.
create function lock_group_1(p_amount bigint) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('amount:' || p_amount, 0));
end $$;
--> statement-breakpoint

-- Only one transaction at a time may settle a receipt, so that none breaks its unique key.
create function lock_receipt_1(p_receipt text) returns void language plpgsql as $$
begin
  if p_receipt is not null then perform pg_advisory_xact_lock(hashtextextended('receipt:' || p_receipt, 0)); end if;
end $$;
