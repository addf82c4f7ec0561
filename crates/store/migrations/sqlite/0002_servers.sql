-- What several servers on one database need to know of each other. Here there is one at a time.

drop table server;

-- Processes that may run executions. While a row stands, what it owns is nobody else's.
create table server (
    id      blob not null primary key,
    role    text not null,
    address text not null,                     -- of its admin listener
    version text not null
) strict, without rowid;

-- Executions that somebody wishes to end, for the server that runs them.
create table cancel_wish (
    execution_id blob not null primary key
) strict, without rowid;
