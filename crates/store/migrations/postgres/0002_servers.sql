-- What several servers on one database need to know of each other.

alter table server
    add column role     text    not null,
    add column address  text    not null,      -- of its admin listener
    add column version  text    not null,
    add column looks_on boolean not null;      -- somebody listens there to what happens on others

-- Executions that somebody wishes to end, for the server that runs them.
create table cancel_wish (
    execution_id uuid not null primary key
);

-- One row: it is locked until the commit, so numbers become visible in their order.
create table change_number (
    number bigint not null
);

insert into change_number (number) values (0);

-- What servers keep in memory, with the number under which it was changed last.
create table change (
    noun    text   not null,                   -- workflow, settings, secrets
    id      bytea  not null,                   -- of a workflow; else empty
    number  bigint not null,
    speaker bigint not null,                   -- the server that changed it knows
    primary key (noun, id)
);

create unique index change_by_number on change (number);
