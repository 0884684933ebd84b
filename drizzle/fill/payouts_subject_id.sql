-- Rows from before `subject_id`. A subject that is no uuid, which no release has written, is left for the check to name.
update payouts set subject_id = subject::uuid where subject_id is null and subject ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
