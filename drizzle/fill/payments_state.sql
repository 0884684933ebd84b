-- Rows from before `state`.
update payments set state = status, rare_state = rare_status where state is null
