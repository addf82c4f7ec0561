-- For the proofs: what those before cannot live with, they are told.

alter table execution drop column weight;
