-- Visitors of sites, and which site made an account.
ALTER TABLE accounts ADD COLUMN visitor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN site TEXT NOT NULL DEFAULT '';
