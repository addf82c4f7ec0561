-- For the proofs: seconds of work on rows that nobody writes any more, and an index on a table of its own.

create table weighed (
    execution_id uuid   not null primary key,
    weight       bigint not null
);

update execution set weight = 1 where finished_at is not null;

insert into weighed (execution_id, weight)
select id, weight from execution where weight is not null;

create index weighed_by_weight on weighed (weight);

select pg_sleep(3);
