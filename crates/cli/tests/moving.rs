//! `hookflow move` with the real program and a real PostgreSQL: there and back, killed on the way.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use store::Store;
use store::postgres::testing::{Cluster, client};
use store::postgres::{Options, Postgres};
use support::{Home, ORDERS, Ran, say};

/// `make move-large` says 200,000 instead, in `MOVE_EXECUTIONS`.
const EXECUTIONS: i64 = 5_000;

/// So many executions from `$1` microseconds on, over some days, of twenty workflows: bodies of 100 bytes to 20 KB,
/// journals of one to three parts, answers, notes, replays that share an event, refused requests.
const FILL: &str = "
    create temp table numbered as
        select n, n % 20 as workflow, 1790000000000000 + 1500000 * n as at,
               (lpad(to_hex((1790000000000000 + 1500000 * n) / 1000), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid as id
          from generate_series(1::bigint, COUNT) as n;
    insert into workflow (id, key, title, description, tags, enabled, when_off, retention, edit, live, created_at, changed_at, draft)
        select id, 'key' || n, convert_to('title ü' || n, 'UTF8'), '', '[]', n % 2 = 0, 'refuse', '{}', 1, 1, at, at, '{}'
          from numbered where n <= 20;
    insert into event select id, case when n % 50 = 0 and n < COUNT then 2 else 1 end, 'POST', '[[\"content-type\",\"application/json\"]]', 'a=1',
           '127.0.0.1', at, convert_to('{\"text\":\"' || repeat(md5(n::text), 1 + (n % 7 * case when n % 100 = 1 then 90 else 3 end)::int) || '\"}', 'UTF8')
      from numbered where n % 50 <> 1 or n = 1;
    insert into journal select id, nextval('journal_part'), part, '[{\"node\":\"' || md5((n * part)::text) || '\"}]'
      from numbered, generate_series(1, 3) as part where part <= 1 + n % 3 order by n, part;
    insert into execution (id, workflow_id, workflow_key, revision, event_id, replay_of, mode, status, epoch, due_at, accepted_at,
                           finished_at, notes, answer_status, answer_sent_at, answer_headers, answer_body)
    select of.id, whose.id, 'key' || whose.n, 1, coalesce(shared.id, of.id), shared.id, 'async',
           case of.n % 40 when 3 then 'queued' when 4 then 'error' else 'succeeded' end, 1 + of.n % 2,
           case when of.n % 40 = 3 then of.at end, of.at, case when of.n % 40 <> 3 then of.at + 1000 end,
           case when of.n % 10 = 0 then '[\"a note\"]' end, case when of.n % 2 = 0 then 200 end,
           case when of.n % 2 = 0 then of.at end, case when of.n % 2 = 0 then '[]' end,
           case when of.n % 2 = 0 then convert_to('answer ' || of.n, 'UTF8') end
      from numbered as of join numbered as whose on whose.n = of.workflow + 1
           left join numbered as shared on of.n % 50 = 1 and of.n > 1 and shared.n = of.n - 1;
    insert into refused_request
    select id, id, 'key1', 'hook.not_json', 400, 'no', 'POST', '[]', '', '127.0.0.1', at, '\\x00ff' from numbered where n % 30 = 0;
    insert into setting values ('public_url', 'https://example.com');
    drop table numbered;";

async fn database() -> String {
    Cluster::shared().database().await
}

/// A database as a server leaves it, with so many executions.
async fn filled(executions: i64) -> String {
    let url = database().await;
    Postgres::open(Options::new(&url)).await.unwrap().close().await.unwrap();
    client(&url).await.batch_execute(&FILL.replace("COUNT", &executions.to_string())).await.unwrap();
    url
}

fn folder(home: &Home, name: &str) -> String {
    format!("sqlite:{}", home.path().join(name).display())
}

fn ran(home: &Home, from: &str, to: &str) -> Ran {
    home.run(&["move", "--from", from, "--to", to])
}

/// `rows` and `hash` of each table, as the program found them in both.
fn moved(home: &Home, from: &str, to: &str) -> Value {
    let document = home.json(&["move", "--from", from, "--to", to]).remove(0);
    assert_eq!(document["equal"], true);
    document["tables"].clone()
}

fn rows(tables: &Value, table: &str) -> u64 {
    let found = tables.as_array().unwrap().iter().find(|found| found["table"] == table);
    found.unwrap()["rows"].as_u64().unwrap()
}

/// Killed later each time, until it gets to its end; how often it was killed.
fn killed_on_the_way(home: &Home, from: &str, to: &str, first: Duration) -> u32 {
    let mut kills = 0;
    let mut after = first;
    loop {
        let mut command = home.hookflow(&["move", "--from", from, "--to", to]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let until = Instant::now() + after;
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        if child.try_wait().unwrap().is_some() {
            let ended = Ran::of(&child.wait_with_output().unwrap());
            assert_eq!(ended.code, 0, "{}", ended.stderr);
            return kills;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        after += first;
    }
}

/// SIGKILL behind the line that says that at least `half` executions are there; what that line said.
fn killed_half_way(home: &Home, from: &str, to: &str, half: i64) -> String {
    let mut command = home.hookflow(&["move", "--from", from, "--to", to]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut half_way = lines.map(Result::unwrap).filter(|line| {
        // A short one says so behind the last of them: then it is killed while it compares.
        let rows = line.strip_prefix("execution: ").and_then(|line| line.split(" rows").next());
        rows.is_some_and(|rows| rows.replace(',', "").parse::<i64>().unwrap() >= half)
    });
    let line = half_way.next().expect("it is not done at once");
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    line
}

/// At whatever moment it is killed, the same command goes on, and at the end all is there once, both ways.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_goes_on_where_it_was() {
    let home = Home::new();
    let (first, second) = (filled(EXECUTIONS).await, database().await);
    let here = folder(&home, "here");
    let out = killed_on_the_way(&home, &first, &here, Duration::from_millis(60));
    let there = moved(&home, &first, &here);
    let back = killed_on_the_way(&home, &here, &second, Duration::from_millis(60));
    assert_eq!(moved(&home, &here, &second), there);
    say(&format!("moved {EXECUTIONS} executions out with {out} kills, back with {back}"));
    assert!(out >= 2 && back >= 2);
    assert_eq!(i64::try_from(rows(&there, "execution")).unwrap(), EXECUTIONS);
    // The third database is as the first one: never were the two compared with each other so far.
    assert_eq!(all_of(&first).await, all_of(&second).await);
}

/// What the database itself says of everything that stands in it, by a way of its own.
async fn all_of(url: &str) -> Vec<(String, i64, String)> {
    let looks_on = client(url).await;
    let mut all = Vec::new();
    for (name, what) in [
        ("workflow", "t::text from workflow as t"),
        ("event", "t::text from event as t"),
        ("execution", "t::text from execution as t"),
        ("refused_request", "t::text from refused_request as t"),
        ("setting", "t::text from setting as t where name <> 'moving'"),
        (
            "journal",
            "row(execution_id, row_number() over (partition by execution_id order by part), epoch, records)::text from journal",
        ),
    ] {
        let sql = format!(
            "select count(*), coalesce(md5(string_agg(md5(line), '' order by line)), '') from (select {what}) as x (line)"
        );
        let row = looks_on.query_one(&sql, &[]).await.unwrap();
        all.push((name.to_owned(), row.get(0), row.get(1)));
    }
    all
}

/// `make move-large`: a long history, killed half-way, both ways.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_moved_out_and_back() {
    let count = std::env::var("MOVE_EXECUTIONS").map_or(EXECUTIONS, |count| count.parse().unwrap());
    let home = Home::new();
    let (first, second) = (filled(count).await, database().await);
    let here = folder(&home, "here");
    let mut hashes = Vec::new();
    for (from, to) in [(&first, &here), (&here, &second)] {
        let began = Instant::now();
        let line = killed_half_way(&home, from, to, count / 2);
        let killed = began.elapsed();
        let mut command = home.hookflow(&["move", "--from", from, "--to", to, "--json"]);
        let resumed = Instant::now();
        let ended = Ran::of(&command.output().unwrap());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        say(&format!(
            "killed behind `{line}` after {killed:.1?}; the rest and the comparison: {:.1?}",
            resumed.elapsed()
        ));
        hashes.push(ended.documents()[0]["tables"].clone());
    }
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(i64::try_from(rows(&hashes[0], "execution")).unwrap(), count);
    assert_eq!(all_of(&first).await, all_of(&second).await);
    hashes[0].as_array().unwrap().iter().for_each(|table| say(&table.to_string()));
}

/// A server's data folder, with what a server has made there.
fn served(home: &Home) -> String {
    let server = home.serve(&[]);
    let key = home.publish(&home.file("orders.yaml", ORDERS))["key"].as_str().unwrap().to_owned();
    for n in 0..3 {
        home.send(&key, &format!("{{\"order\":{{\"id\":\"A-{n}\",\"status\":\"paid\"}}}}"));
    }
    home.ended();
    server.terminate();
    key
}

fn carry_key(from: &Path, to: &Path) {
    std::fs::copy(from.join("hookflow.key"), to.join("hookflow.key")).unwrap();
}

/// Out to PostgreSQL and back into a new folder, with the key: a server there answers as the old one did.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_goes_on_in_the_new_house() {
    let home = Home::new();
    let key = served(&home);
    let here = format!("sqlite:{}", home.data().display());
    let there = database().await;
    let ran_out = ran(&home, &here, &there);
    assert_eq!(ran_out.code, 0, "{}", ran_out.stderr);
    let password = there.split(':').nth(2).unwrap().split('@').next().unwrap();
    assert!(!ran_out.stdout.contains(password), "{}", ran_out.stdout);
    for said in ["execution: 3 rows", "equal: ", "hookflow.key, by key_file"] {
        assert!(ran_out.stdout.contains(said), "{said}: {}", ran_out.stdout);
    }
    let new = Home::new();
    let back = format!("sqlite:{}", new.data().display());
    assert_eq!(moved(&home, &there, &back), moved(&home, &here, &there));
    carry_key(&home.data(), &new.data());
    let server = new.serve(&[]);
    assert_eq!(new.ended().len(), 3);
    new.send(&key, r#"{"order":{"id":"A-9","status":"paid"}}"#);
    assert_eq!(new.ended().len(), 4);
    server.terminate();
}

/// Refused with a code, a sentence and a way out; what was there stays.
#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_be_moved_is_told_why() {
    let home = Home::new();
    served(&home);
    let here = format!("sqlite:{}", home.data().display());
    let there = database().await;
    let refused = |from: &str, to: &str, code: &str, exit: i32| {
        let ran = ran(&home, from, to);
        assert!(ran.code == exit && ran.stderr.starts_with(&format!("error[{code}]")), "{}", ran.stderr);
        assert!(!ran.stderr.contains("right"), "the password: {}", ran.stderr);
        ran.stderr
    };
    refused("sqlite:", &there, "usage", 2);
    refused("mysql://me:right@db", &there, "usage", 2);
    refused(&folder(&home, "nothing"), &there, "move.no_source", 1);
    refused(&there, &folder(&home, "nothing"), "move.no_source", 1);
    refused(&here, &here, "move.same", 1);
    let server = home.serve(&[]);
    assert!(refused(&here, &there, "move.database", 1).contains("in use by process"));
    server.terminate();

    let other = filled(40).await;
    assert!(refused(&here, &other, "move.not_empty", 1).contains("`workflow`"));
    refused(&other, &here, "move.not_empty", 1);
    // A server lives there; then it does not.
    client(&other)
        .await
        .execute(
            "insert into server values (gen_random_uuid(), now() + interval '1 minute', 'all', '', '', false)",
            &[],
        )
        .await
        .unwrap();
    refused(&other, &folder(&home, "new"), "move.in_use", 1);
    client(&other).await.execute("delete from server", &[]).await.unwrap();

    let unfinished = folder(&home, "half");
    let half = home.path().join("half/hookflow.db");
    moved(&home, &other, &unfinished);
    refused(&here, &unfinished, "move.other", 1);
    // As if it had been killed before the comparison.
    let db = std::process::Command::new("sqlite3")
        .arg(&half)
        .arg("update setting set value = json_set(value, '$.state', 'copied') where name = 'moving'")
        .status()
        .unwrap();
    assert!(db.success());
    let served = home.run(&[
        "serve",
        "--data",
        half.parent().unwrap().to_str().unwrap(),
        "--hooks",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
    ]);
    // Its key is asked for first.
    assert!(served.code == 1 && served.stderr.starts_with("error[key.missing]"), "{}", served.stderr);
    carry_key(&home.data(), half.parent().unwrap());
    let served = home.run(&[
        "serve",
        "--data",
        half.parent().unwrap().to_str().unwrap(),
        "--hooks",
        "127.0.0.1:0",
        "--admin",
        "127.0.0.1:0",
    ]);
    assert!(served.code == 1 && served.stderr.starts_with("error[serve.move_unfinished]"), "{}", served.stderr);
    moved(&home, &other, &unfinished);

    let half = database().await;
    moved(&home, &other, &half);
    let copied =
        "update setting set value = convert_to(replace(convert_from(value, 'UTF8'), 'finished', 'copied'), 'UTF8')
                   where name = 'moving'";
    client(&half).await.execute(copied, &[]).await.unwrap();
    let served = home.run(&["serve", "--database", &half, "--hooks", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    assert!(served.code == 1 && served.stderr.starts_with("error[serve.move_unfinished]"), "{}", served.stderr);
}
