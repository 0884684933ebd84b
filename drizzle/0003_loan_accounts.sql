insert into accounts (id, kind, name) values
  ('loans', 'asset', 'Loans to members'),
  ('loan_interest', 'income', 'Interest on loans'),
  ('loan_fees', 'income', 'Fees on loans'),
  ('loan_penalties', 'income', 'Penalties on loans'),
  ('savings', 'liability', 'Savings of members');
