//! Statements against the real schema, what they read, and the schema against its committed dump.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use domain::execution::status::Status;
use domain::id::ExecutionId;
use domain::time::Timestamp;
use futures_util::future::join_all;

use super::mark::{Fate, Mark};
use super::partition::{self, Day};
use super::sql::Bin;
use super::testing::{Cluster, client};
use super::transaction::{Db, Kind};
use super::{
    Options, Postgres, batch, cancel_wish, change, claim, execution, execution_list, figures, lock, mark, moving,
    request_log, retention, sample, search, secret, server, session, setting, token, user, workflow,
};
use crate::conformance::numbered::{
    LEASE, at, ended, execution, execution_id, running, server, server_id, workflow_id,
};
use crate::{Claim, ExecutionFilter, RetentionRule, Store};

async fn database() -> (Arc<Postgres>, String) {
    let url = Cluster::shared().database().await;
    (Postgres::open(Options::new(&url)).await.unwrap(), url)
}

fn statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        super::STATEMENTS,
        batch::STATEMENTS,
        cancel_wish::STATEMENTS,
        change::STATEMENTS,
        claim::STATEMENTS,
        execution::STATEMENTS,
        execution_list::STATEMENTS,
        figures::STATEMENTS,
        lock::STATEMENTS,
        mark::STATEMENTS,
        moving::STATEMENTS,
        partition::STATEMENTS,
        request_log::STATEMENTS,
        retention::STATEMENTS,
        sample::STATEMENTS,
        search::STATEMENTS,
        secret::STATEMENTS,
        server::STATEMENTS,
        session::STATEMENTS,
        setting::STATEMENTS,
        token::STATEMENTS,
        user::STATEMENTS,
        workflow::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let (store, url) = database().await;
    let client = client(&url).await;
    for (name, sql) in statements() {
        let prepared = client.prepare(sql).await;
        assert!(prepared.is_ok(), "{name}: {prepared:?}\n{sql}");
    }
    store.close().await.unwrap();
}

/// An execution every five seconds for three days, of twenty workflows; some wait, some are a dead server's.
const FILL: &str = "with numbered as (
        select n, n % 20 as workflow, n % 100 as kind, $1::bigint + 5000000 * n as at,
               (lpad(to_hex(($1 + 5000000 * n) / 1000), 12, '0') || '7000' || '8' || lpad(to_hex(5 * n), 15, '0'))::uuid as id
          from generate_series(0::bigint, 50000) as n
    ), made as (
        insert into event select id, 1, 'POST', '[]', '', '127.0.0.1', at, '{}' from numbered
    ), recorded as (
        insert into journal select id, nextval('journal_part'), 1, '[]' from numbered
    )
    insert into execution (id, workflow_id, workflow_key, revision, event_id, mode, status, owner, epoch, due_at, accepted_at,
                           finished_at)
    select id, (lpad(to_hex(($1 + 1000000 * workflow) / 1000), 12, '0') || '7000' || '8' || lpad(to_hex(workflow), 15, '0'))::uuid,
           'abcdefghijkl', 1, id, 'async',
           case when kind < 5 then 'queued' when kind = 5 then 'error' else 'succeeded' end,
           case when kind in (3, 4) then $2::uuid end, 1, case when kind < 5 then at end, at,
           case when kind >= 5 then at end
      from numbered";

/// What a call costs does not grow with the tables: it finds its rows by a key, in the order it wants them. Asked of
/// the database, which counts what it reads, over parts of several days.
#[tokio::test]
async fn nothing_reads_a_whole_table_that_grows() {
    let (store, url) = database().await;
    let today = Day::of_time(at(0));
    partition::keep(&store, today).await.unwrap();
    store.server_start(server(1), LEASE).await.unwrap();
    store.server_start(server(2), Duration::from_millis(1)).await.unwrap();
    let looks_on = client(&url).await;
    looks_on.execute(FILL, &[&at(0).as_micros(), &Bin(server_id(2).to_bytes())]).await.unwrap();
    assert!(store.execution_get(execution_id(60)).await.unwrap().is_some(), "ids are made as they are made elsewhere");
    looks_on.batch_execute("analyze").await.unwrap();
    let before = read_in_sequence(&looks_on).await;

    for n in 0..20 {
        let new = execution(300_000 + n, n % 20, running(server_id(1)));
        store.execution_create(new).await.unwrap();
        store.execution_progress(execution_id(300_000 + n), 1, ended(Status::Succeeded, at(n))).await.unwrap();
        store.execution_get(execution_id(n * 60)).await.unwrap();
        store.execution_answer(execution_id(n * 60)).await.unwrap();
        let claim =
            Claim { server: server_id(1), now: at(900_000), per_workflow: 2, limit: 3, skip: vec![workflow_id(3)] };
        assert_eq!(store.execution_claim(claim).await.unwrap().len(), 3);
        store.execution_claim_one(execution_id(60), server_id(1)).await.unwrap();
        store.execution_next_due().await.unwrap();
        let filter = ExecutionFilter { limit: 20, ..ExecutionFilter::default() };
        store.execution_list(ExecutionFilter { workflow: Some(workflow_id(n % 20)), ..filter.clone() }).await.unwrap();
        store.execution_list(ExecutionFilter { status: Some(Status::Error), ..filter.clone() }).await.unwrap();
        store.execution_list(filter).await.unwrap();
        let rule = RetentionRule { workflow: workflow_id(7), before: at(n * 600), keep: 10_000, limit: 10 };
        let found = store.retention_find(rule).await.unwrap();
        store.retention_delete(found).await.unwrap();
        store.retention_workflows().await.unwrap();
    }
    let read = read_in_sequence(&looks_on).await - before;
    // A part that is nearly empty is read as a whole now and then.
    assert!(read < 20_000, "{read} rows were read that nobody looked for");
    store.close().await.unwrap();
}

/// Rows of the tables that grow that were read one after the other, so far.
async fn read_in_sequence(client: &tokio_postgres::Client) -> i64 {
    // Sessions tell what they have counted once a second.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let sql = "select sum(seq_tup_read)::bigint from pg_stat_user_tables
                where relname similar to '(event|execution|journal|refused_request)%'";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// `UPDATE_SCHEMA=1 cargo test -p store` writes it anew.
#[tokio::test]
async fn the_committed_dump_is_the_schema() {
    let (store, url) = database().await;
    let client = client(&url).await;
    let mut dump = String::from("-- What the migrations come to. Made by a test; see `postgres/tests.rs`.\n");
    for sequence in
        client.query("select relname::text from pg_class where relkind = 'S' order by 1", &[]).await.unwrap()
    {
        write!(dump, "\ncreate sequence {};\n", sequence.get::<_, String>(0)).unwrap();
    }
    // Parts of tables are left out: they are made by the day.
    let tables = "select oid, oid::regclass::text, pg_get_partkeydef(oid) from pg_class
                   where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
                   order by relname";
    for table in client.query(tables, &[]).await.unwrap() {
        let (oid, name, cut): (u32, String, Option<String>) = (table.get(0), table.get(1), table.get(2));
        let columns = "select quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
                              || case when attcollation <> typcollation
                                      then ' collate ' || quote_ident(collname) else '' end
                              || case when attnotnull then ' not null' else '' end
                              || coalesce(' default ' || pg_get_expr(adbin, adrelid), '')
                         from pg_attribute join pg_type on pg_type.oid = atttypid
                              left join pg_collation on pg_collation.oid = attcollation
                              left join pg_attrdef on adrelid = attrelid and adnum = attnum
                        where attrelid = $1 and attnum > 0 and not attisdropped order by attnum";
        let constraints = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = $1 order by conname";
        let mut lines = Vec::new();
        for sql in [columns, constraints] {
            lines.extend(
                client.query(sql, &[&oid]).await.unwrap().iter().map(|row| format!("    {}", row.get::<_, String>(0))),
            );
        }
        let cut = cut.map(|cut| format!(" partition by {cut}")).unwrap_or_default();
        write!(dump, "\ncreate table {name} (\n{}\n){cut};\n", lines.join(",\n")).unwrap();
        let indexes = "select pg_get_indexdef(indexrelid) from pg_index join pg_class on pg_class.oid = indexrelid
                        where indrelid = $1 and not exists (select from pg_constraint where conindid = indexrelid)
                        order by relname";
        for index in client.query(indexes, &[&oid]).await.unwrap() {
            writeln!(dump, "\n{};", index.get::<_, String>(0)).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/postgres.sql");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &dump).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), dump, "the schema has changed");
    store.close().await.unwrap();
}

async fn parts(client: &tokio_postgres::Client, of: &str) -> Vec<String> {
    let sql = "select relname::text from pg_inherits join pg_class on pg_class.oid = inhrelid
                where inhparent = to_regclass($1) order by relname";
    client.query(sql, &[&of]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// A day's part comes before the day, and goes once all that was in it has gone.
#[tokio::test]
async fn a_day_has_its_part_until_it_is_empty() {
    let (store, url) = database().await;
    let looks_on = client(&url).await;
    let day = Day::of_time(at(0));
    partition::keep(&store, day).await.unwrap();
    let number = at(0).as_micros() / 86_400_000_000;
    for table in ["event", "execution", "journal", "refused_request"] {
        let parts = parts(&looks_on, table).await;
        let days = (number..number + 4).map(|day| format!("{table}_{day}"));
        for part in days.chain([format!("{table}_rest")]) {
            assert!(parts.contains(&part), "{part} in {parts:?}");
        }
    }
    // One of the first day, one of the last moment of it, one of the next, and one of no day.
    let midnight = (number + 1) * 86_400;
    let second = |of: i64| of - at(0).as_micros() / 1_000_000;
    let seconds = [second(midnight) - 10, second(midnight) - 1, second(midnight), second(midnight) + 40 * 86_400];
    for n in seconds {
        store.execution_create(execution(n, 1, ended(Status::Succeeded, at(n)))).await.unwrap();
    }
    let in_part = async |part: String| {
        let found = looks_on.query_one(&format!("select count(*) from {part}"), &[]).await.unwrap();
        found.get::<_, i64>(0)
    };
    assert_eq!(in_part(format!("execution_{number}")).await, 2);
    assert_eq!(in_part(format!("event_{number}")).await, 2);
    assert_eq!(in_part(format!("execution_{}", number + 1)).await, 1);
    assert_eq!(in_part("execution_rest".to_owned()).await, 1);

    let delete = async |n: i64| store.retention_delete(vec![execution_id(n)]).await.unwrap();
    assert_eq!(delete(seconds[0]).await, 1);
    let later = day.plus(10);
    partition::keep(&store, later).await.unwrap();
    assert!(parts(&looks_on, "execution").await.contains(&format!("execution_{number}")), "one is left in it");
    assert!(!parts(&looks_on, "execution").await.contains(&format!("execution_{}", number + 2)), "it is empty");
    assert_eq!(delete(seconds[1]).await, 1);
    partition::keep(&store, later).await.unwrap();
    for table in ["event", "execution", "journal"] {
        assert!(!parts(&looks_on, table).await.contains(&format!("{table}_{number}")));
    }
    let listed = store.execution_list(ExecutionFilter { limit: 9, ..ExecutionFilter::default() }).await.unwrap().items;
    let ids: Vec<ExecutionId> = listed.iter().map(|head| head.id).collect();
    assert_eq!(ids, [execution_id(seconds[3]), execution_id(seconds[2])]);
    store.close().await.unwrap();
}

/// A day that has begun in the last part stays there: rows do not move.
#[tokio::test]
async fn a_day_that_has_begun_without_a_part_gets_none() {
    let (store, url) = database().await;
    let looks_on = client(&url).await;
    store.execution_create(execution(1, 1, ended(Status::Succeeded, at(1)))).await.unwrap();
    let number = at(0).as_micros() / 86_400_000_000;
    partition::keep(&store, Day::of_time(at(0))).await.unwrap();
    let parts = parts(&looks_on, "execution").await;
    assert!(!parts.contains(&format!("execution_{number}")) && parts.contains(&format!("execution_{}", number + 1)));
    assert!(store.execution_get(execution_id(1)).await.unwrap().is_some());
    store.close().await.unwrap();
}

/// Parts are made and dropped while others write.
#[tokio::test]
async fn parts_come_and_go_beside_what_is_written() {
    let (store, _) = database().await;
    let writes = async {
        for round in 0..30 {
            let made = (0..20).map(|n| store.execution_create(execution(round * 86_400 + n, 1, running(server_id(1)))));
            for made in join_all(made).await {
                made.unwrap();
            }
        }
    };
    let keeps = async {
        for days in 0..30 {
            partition::keep(&store, Day::of_time(at(0)).plus(days)).await.unwrap();
        }
    };
    tokio::join!(writes, keeps);
    for round in 0..30 {
        for n in 0..20 {
            assert!(store.execution_head(execution_id(round * 86_400 + n)).await.unwrap().is_some(), "{round} {n}");
        }
    }
    store.close().await.unwrap();
}

#[test]
fn the_last_id_is_above_all() {
    let last = ExecutionId::new(Timestamp::from_micros(i64::MAX), u64::MAX);
    assert!(last.to_bytes() < super::sql::LAST_ID);
}

/// Of one that ended either way, and of one that is open still behind a connection that nobody holds any more.
#[tokio::test]
async fn what_became_of_a_transaction_is_known() {
    let (store, url) = database().await;
    let fate = |mark| store.marks.fate(&store.pool, &store.fence, mark, None);
    let (line, committed) = (store.marks.take(), client(&url).await);
    let again = || Mark { line: line.line, number: line.number };
    let write = async |value: &str| {
        let db = Db::of(&store.pool, Kind::Write).await.unwrap();
        db.client().batch_execute(&format!("insert into setting values ('{value}', '1')")).await.unwrap();
        db
    };
    let db = write("committed").await;
    store.marks.commit(db.client(), Some(&line)).await.unwrap();
    assert_eq!(store.marks.question(&store.pool, &again()).await.unwrap(), Fate::Committed);
    assert_eq!(fate(again()).await.unwrap(), Fate::Committed, "however often it is asked");

    let taken_back = store.marks.take();
    let late = Mark { line: taken_back.line, number: taken_back.number };
    let asked_again = Mark { line: taken_back.line, number: taken_back.number };
    let open = write("open").await;
    assert_eq!(fate(taken_back).await.unwrap(), Fate::TakenBack);
    assert_eq!(fate(asked_again).await.unwrap(), Fate::TakenBack, "the answer to the question may be lost, too");
    // Others go on meanwhile.
    for _ in 0..3 {
        let db = write("other").await;
        let mark = store.marks.take();
        store.marks.commit(db.client(), Some(&mark)).await.unwrap();
        db.client().batch_execute("delete from setting where name = 'other'").await.unwrap();
        store.marks.give_back(mark);
    }
    assert!(store.marks.commit(open.client(), Some(&late)).await.is_err(), "it is too late");
    let next = store.marks.take();
    assert_ne!(next.line, late.line, "a later mark would make room for what is sent late");
    drop((db, open, committed));
    assert!(store.setting_get("committed").await.unwrap().is_some());
    assert_eq!(store.setting_get("open").await.unwrap(), None);
    store.close().await.unwrap();
}

/// A caller that hangs up in the middle of a transaction leaves no connection behind that is in one.
#[tokio::test]
async fn what_is_dropped_in_a_transaction_is_taken_back() {
    let url = Cluster::shared().database().await;
    let store = Postgres::open(Options { connections: 1, ..Options::new(&url) }).await.unwrap();
    for _ in 0..3 {
        let db = Db::of(&store.pool, Kind::Write).await.unwrap();
        db.client().batch_execute("insert into setting values ('one', '1')").await.unwrap();
        drop(db);
    }
    assert_eq!(store.setting_get("one").await.unwrap(), None);
    store.close().await.unwrap();
}

/// A server that is cut off in the middle of a transaction keeps what it has locked from nobody for long: others take
/// over what it ran.
#[tokio::test]
async fn who_falls_silent_in_a_transaction_keeps_no_locks() {
    let url = Cluster::shared().database().await;
    let silence_max = Duration::from_secs(1);
    let store = Postgres::open(Options { silence_max, ..Options::new(&url) }).await.unwrap();
    store.execution_create(execution(1, 1, running(server_id(1)))).await.unwrap();
    let db = Db::of(&store.pool, Kind::Write).await.unwrap();
    db.client().batch_execute("select 1 from execution for update").await.unwrap();
    let claim = || store.execution_claim_one(execution_id(1), server_id(2));
    assert!(claim().await.unwrap().is_none(), "it is locked, and there is nothing to wait for");
    tokio::time::sleep(2 * silence_max).await;
    assert!(claim().await.unwrap().is_some());
    assert!(db.client().batch_execute("select 1").await.is_err());
    drop(db);
    store.close().await.unwrap();
}
