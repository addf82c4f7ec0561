-- What ends in its first write has its journal here, as one part: it writes a row less, and an index.
alter table execution add column records text;     -- JSON list of node runs
