//! A share of `make prove`: the same faults, the same comparison, fewer rounds.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use prove::figures::Outcome;
use prove::rows::isolation::{self, Poison};
use prove::rows::overload::{self, Bodies, Bounds};
use prove::rows::several::database::{Fault, Faults};
use prove::rows::{Bench, backlog, chain, crash, eio, full, leak, retries, rolling, several, slow};
use support::say;
use tokio::sync::RwLock;

/// The same each time; another one is tried by `make prove`.
const SEED: u64 = 20_261_122;
/// The machine may be small and busy: what a figure may be off before it says anything. Without what is proven here it
/// is off by seconds, and requests are refused.
const SLACK: Duration = Duration::from_millis(400);

fn bench(folder: &Path, rounds: u32, load_ms: u64) -> Bench {
    Bench {
        program: env!("CARGO_BIN_EXE_hookflow").into(),
        folder: folder.to_owned(),
        seed: SEED,
        rounds,
        load: Duration::from_millis(load_ms),
        server_cores: None,
    }
}

/// Rows that measure time have the machine to themselves.
static MACHINE: RwLock<()> = RwLock::const_new(());

async fn holds<F>(row: impl FnOnce(Bench) -> F, rounds: u32, load_ms: u64)
where
    F: Future<Output = Result<Outcome>>,
{
    let _shared = MACHINE.read().await;
    held(row, rounds, load_ms).await;
}

async fn holds_alone<F>(row: impl FnOnce(Bench) -> F, rounds: u32, load_ms: u64)
where
    F: Future<Output = Result<Outcome>>,
{
    let _alone = MACHINE.write().await;
    held(row, rounds, load_ms).await;
}

async fn held<F>(row: impl FnOnce(Bench) -> F, rounds: u32, load_ms: u64)
where
    F: Future<Output = Result<Outcome>>,
{
    let folder = tempfile::tempdir().unwrap();
    let outcome = row(bench(folder.path(), rounds, load_ms)).await.unwrap();
    say(&format!("{outcome}; seed {SEED}"));
    assert!(outcome.held(), "{outcome}");
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_kills_lose_nothing_that_was_acknowledged() {
    holds(async |bench| crash::run(&bench).await, 6, 900).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_kills_of_one_of_several_lose_nothing_that_was_acknowledged() {
    holds(async |bench| several::killed::run(&bench).await, 4, 1_500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_no_failure_of_the_disk_becomes_a_false_2xx() {
    holds(async |bench| eio::run(&bench).await, 4, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_full_database_refuses_and_comes_back() {
    holds(async |bench| full::run(&bench, full::Room::Setting).await, 1, 500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_what_is_recorded_as_finished_ran_once() {
    holds(async |bench| chain::run(&bench, chain::Policy::RunAgain).await, 8, 1_200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_what_asks_is_never_repeated() {
    holds(async |bench| chain::run(&bench, chain::Policy::Ask).await, 6, 1_200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r7_no_two_write_though_one_was_frozen() {
    holds(async |bench| several::frozen::run(&bench, Duration::from_secs(3)).await, 2, 2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r8_what_a_killed_server_ran_goes_on_elsewhere() {
    holds(async |bench| several::takeover::run(&bench, 200).await, 1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r9_a_start_does_not_grow_with_what_waits() {
    holds(async |bench| backlog::run(&bench, &[100, 10_000]).await, 1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_a_workflow_that_burns_or_is_flooded_does_not_starve_the_others() {
    let poisons = [Poison::Burns, Poison::BurnsAnswering, Poison::Floods];
    holds_alone(async |bench| isolation::run(&bench, &poisons, SLACK).await, 1, 1_000).await;
}

/// On a small machine what takes time is trusted less; what takes memory is not.
#[tokio::test(flavor = "multi_thread")]
async fn r12_five_times_what_it_can_do_is_answered_in_bounded_memory() {
    let bounds = Bounds { goodput_min: 0.4, slack: Duration::from_millis(200), prompt: Duration::from_secs(3) };
    holds_alone(async |bench| overload::run(&bench, &[Bodies::Mixed], bounds).await, 1, 3_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r16_an_orderly_stop_answers_everybody_and_repeats_nothing() {
    holds(async |bench| rolling::run(&bench).await, 3, 900).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_nothing_is_lost_when_postgresql_stops_or_its_standby_takes_its_place() {
    let faults = Faults { each: &[Fault::Killed, Fault::Ended, Fault::Stopped], ..Faults::FULL };
    let faults = Faults { stopped: Duration::from_secs(2), ..faults };
    holds(async |bench| several::database::run(&bench, faults).await, 1, 1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_who_is_cut_off_from_postgresql_acknowledges_nothing() {
    let (lease, parted) = (Duration::from_secs(3), Duration::from_secs(16));
    let faults = [several::partition::Fault::Resets, several::partition::Fault::Holds];
    holds(async |bench| several::partition::run(&bench, &faults, lease, parted).await, 1, 1_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r16_servers_are_restarted_one_by_one_and_everybody_is_answered() {
    holds(async |bench| several::rolled::run(&bench).await, 2, 700).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_clocks_that_differ_and_jump_make_nothing_happen_twice() {
    holds(async |bench| several::clocks::run(&bench).await, 1, 400).await;
}

/// One program is both here: which schema it has is said in its environment.
#[tokio::test(flavor = "multi_thread")]
async fn r20_two_versions_are_side_by_side_while_one_migrates() {
    let program = Path::new(env!("CARGO_BIN_EXE_hookflow"));
    holds(async |bench| several::upgrade::run(&bench, program).await, 1, 800).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r22_retries_keep_their_schedule_whatever_the_far_side_does() {
    holds(async |bench| retries::run(&bench).await, 1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r24_nothing_leaks_and_without_descriptors_the_server_waits() {
    holds_alone(async |bench| leak::run(&bench).await, 1, 3_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s7_slow_senders_keep_nobody_out() {
    let attacks = [slow::HEADS, slow::BODIES];
    holds_alone(async |bench| slow::run(&bench, &attacks, SLACK).await, 1, 3_000).await;
}
