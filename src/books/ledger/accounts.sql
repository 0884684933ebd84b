-- Accounts cannot be removed or renamed, and a transfer must name accounts that exist. This is what a foreign key would enforce, without making every transfer
-- lock the same two account rows.
create function refuse_account_change_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.id = old.id and new.kind = old.kind then return new; end if;
  raise exception 'An account keeps its name and its kind, and is never removed: % is refused', tg_op using errcode = 'MP002';
end $$;
--> statement-breakpoint
create trigger accounts_stay before update or delete on accounts for each row execute function refuse_account_change_1();
--> statement-breakpoint
create trigger accounts_are_not_emptied before truncate on accounts for each statement execute function refuse_account_change_1();
--> statement-breakpoint
create function require_accounts_1() returns trigger language plpgsql as $$
begin
  if new.debit_account <> new.credit_account and (select count(*) from accounts where id in (new.debit_account, new.credit_account)) < 2 then
    raise exception 'There is no account % or no account %', new.debit_account, new.credit_account using errcode = '23503';
  end if;
  return new;
end $$;
--> statement-breakpoint
create trigger transfers_name_accounts before insert on transfers for each row execute function require_accounts_1();
