-- For the proofs: a column that those before leave empty.

alter table execution add column weight integer;
