use domain::execution::status::{NodeStatus, Status};
use domain::flow::document::Mode;
use domain::time::Timestamp;
use tokio::time::Duration;

use super::watches::LINGER;
use super::*;

fn live(change: impl FnOnce(&mut Limits)) -> (Arc<Live>, Service) {
    let mut limits = Limits::default();
    change(&mut limits);
    let live = Live::new(&limits);
    let service = Service::new(Arc::clone(&live));
    (live, service)
}

fn workflow(number: u64) -> WorkflowId {
    WorkflowId::new(Timestamp::from_micros(1), number)
}

fn head(number: u64, status: Status) -> ExecutionHead {
    ExecutionHead {
        id: ExecutionId::new(Timestamp::from_micros(1), number),
        workflow: workflow(number % 2),
        workflow_key: clock::new_key(),
        revision: Some(1),
        replay_of: None,
        status,
        mode: Mode::Async,
        reason: None,
        answer_status: None,
        accepted_at: Timestamp::from_micros(1),
        finished_at: None,
        method: "POST".into(),
    }
}

fn records() -> Vec<NodeRun> {
    vec![NodeRun {
        node: "n".parse().unwrap(),
        kind: "condition".into(),
        visit: String::new(),
        attempt: 1,
        status: NodeStatus::Succeeded,
        slots: Vec::new(),
        input: Some(Arc::new(1.into())),
        result: Some(2.into()),
        error: None,
        missing: Vec::new(),
        started_at: Timestamp::from_micros(1),
        finished_at: None,
        wake_at: None,
    }]
}

/// As the worker saves: asks before, tells after.
fn save(live: &Live, number: u64, status: Status) {
    let head = head(number, status);
    let records = live.wants(&head, &records());
    live.saved(&head, records);
}

/// What there is to hear now, in words, and the position after it.
async fn hear(listener: &mut Listener) -> Vec<String> {
    let mut heard = Vec::new();
    while let Ok(next) = tokio::time::timeout(Duration::from_millis(1), listener.next()).await {
        match next {
            Heard::Hello => heard.push("hello".into()),
            Heard::Gap { .. } => heard.push("gap".into()),
            Heard::Changes(batch) => {
                let word = |_, change: &Change| match change {
                    Change::Execution(head) => head.status.as_str().to_owned(),
                    Change::NodeRun { run, .. } => {
                        assert_eq!((&run.input, &run.result), (&None, &None));
                        format!("node {}", run.node)
                    }
                    Change::Request(_) => "request".into(),
                    Change::Workflow(_) => "workflow".into(),
                };
                let words = batch.encoded(|position, change| word(position, change).into());
                heard.extend(words.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()));
            }
        }
    }
    heard
}

fn all() -> Filter {
    Filter::default()
}

fn only(number: u64) -> Filter {
    Filter { workflow: None, execution: Some(head(number, Status::Queued).id) }
}

#[tokio::test(start_paused = true)]
async fn of_several_states_within_a_tick_the_last_is_told() {
    let (live, mut service) = live(|_| {});
    let mut listener = live.listen(all(), None).unwrap();
    for status in [Status::Queued, Status::Running, Status::Waiting] {
        save(&live, 1, status);
    }
    save(&live, 2, Status::Failed);
    live.tell(|| Change::Workflow(workflow(1)));
    service.tick();
    assert_eq!(hear(&mut listener).await, ["hello", "waiting", "failed", "workflow"]);
    save(&live, 1, Status::Running);
    service.tick();
    assert_eq!(hear(&mut listener).await, ["running"]);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_was_overtaken_by_the_end_is_not_told() {
    let (live, mut service) = live(|_| {});
    let mut listener = live.listen(all(), None).unwrap();
    save(&live, 1, Status::Succeeded);
    save(&live, 1, Status::Waiting);
    service.tick();
    save(&live, 1, Status::Waiting);
    service.tick();
    save(&live, 2, Status::Waiting);
    service.tick();
    assert_eq!(hear(&mut listener).await, ["hello", "succeeded", "waiting"]);
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_hears_the_rest_once() {
    let (live, mut service) = live(|_| {});
    let mut listener = live.listen(all(), None).unwrap();
    assert_eq!(hear(&mut listener).await, ["hello"]);
    let mut id = listener.position().to_string();
    let mut heard = Vec::new();
    for round in 0..10_u64 {
        // Away while these are told; also in the middle of a segment.
        for number in 0..600 {
            live.tell(|| Change::Execution(head(round * 600 + number, Status::Queued)));
        }
        service.tick();
        let mut listener = live.listen(all(), Some(&id)).unwrap();
        assert!(matches!(listener.next().await, Heard::Hello));
        let Heard::Changes(batch) = listener.next().await else { panic!("changes follow") };
        let ids = batch.encoded(|position, change| {
            let Change::Execution(head) = change else { panic!("{change:?}") };
            format!("{position} {}", head.id).into()
        });
        let ids: Vec<_> = ids.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()).collect();
        let (last, _) = ids.last().unwrap().split_once(' ').unwrap();
        assert_eq!(last, listener.position().to_string());
        last.clone_into(&mut id);
        heard.extend(ids.into_iter().map(|line| line.split_once(' ').unwrap().1.to_owned()));
    }
    assert!(heard.len() < 6_000);
    let told: Vec<_> = (0..6_000).map(|number| head(number, Status::Queued).id.to_string()).collect();
    assert_eq!(heard, told[..heard.len()]);
}

#[tokio::test(start_paused = true)]
async fn what_fell_out_of_the_ring_is_a_gap() {
    let (live, mut service) = live(|limits| limits.live_changes_max = 4);
    let mut slow = live.listen(all(), None).unwrap();
    assert_eq!(hear(&mut slow).await, ["hello"]);
    let id = slow.position().to_string();
    for number in 0..4 {
        save(&live, number, Status::Queued);
        service.tick();
    }
    let mut in_time = live.listen(all(), Some(&id)).unwrap();
    save(&live, 4, Status::Queued);
    service.tick();
    assert_eq!(hear(&mut slow).await, ["gap"]);
    // It was in time when it came, and did not read.
    assert_eq!(hear(&mut in_time).await, ["gap"]);
    save(&live, 5, Status::Failed);
    service.tick();
    assert_eq!((hear(&mut slow).await, hear(&mut in_time).await), (vec!["failed".into()], vec!["failed".into()]));
    assert_eq!(live.gaps(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_room_in_the_inbox_is_a_gap() {
    let (live, mut service) = live(|limits| limits.live_changes_max = 4);
    let mut listener = live.listen(all(), None).unwrap();
    assert_eq!(hear(&mut listener).await, ["hello"]);
    for number in 0..7 {
        save(&live, number, Status::Queued);
    }
    service.tick();
    assert_eq!((hear(&mut listener).await, live.left_out()), (vec!["gap".into()], 3));
}

#[tokio::test(start_paused = true)]
async fn ids_that_are_not_from_here_are_a_gap() {
    let (live, mut service) = live(|_| {});
    let (other, _) = self::live(|_| {});
    let foreign = other.listen(all(), None).unwrap().position();
    let unborn = Position { at: live.ring().newest() + 1_000_000_000, boot: live.boot };
    for (id, since) in [
        (foreign.to_string(), foreign.since()),
        (unborn.to_string(), Timestamp::from_micros(0)),
        ("nonsense".to_owned(), Timestamp::from_micros(0)),
    ] {
        let mut listener = live.listen(all(), Some(&id)).unwrap();
        match listener.next().await {
            Heard::Gap { since: told } => assert_eq!(told, since, "{id}"),
            other => panic!("{id}: {other:?}"),
        }
        save(&live, 1, Status::Queued);
        service.tick();
        assert_eq!(hear(&mut listener).await, ["queued"]);
    }
}

#[tokio::test(start_paused = true)]
async fn node_runs_are_told_to_those_who_watch_them() {
    let (live, mut service) = live(|_| {});
    let mut everybody = live.listen(all(), None).unwrap();
    let mut of_one = live.listen(only(1), None).unwrap();
    let mut of_workflow = live.listen(Filter { workflow: Some(workflow(1)), execution: None }, None).unwrap();
    let mut of_neither =
        live.listen(Filter { workflow: Some(workflow(0)), execution: Some(head(1, Status::Queued).id) }, None).unwrap();
    for number in [1, 2, 3] {
        save(&live, number, Status::Running);
    }
    live.tell(|| Change::Workflow(workflow(1)));
    service.tick();
    assert_eq!(hear(&mut everybody).await, ["hello", "running", "running", "running", "workflow"]);
    assert_eq!(hear(&mut of_one).await, ["hello", "node n", "running"]);
    assert_eq!(hear(&mut of_workflow).await, ["hello", "node n", "running", "node n", "running", "workflow"]);
    assert_eq!(hear(&mut of_neither).await, ["hello"]);
}

#[tokio::test(start_paused = true)]
async fn node_runs_are_told_on_for_a_while_and_then_missed_with_a_gap() {
    let (live, mut service) = live(|_| {});
    let _everybody = live.listen(all(), None).unwrap();
    let mut listener = live.listen(only(1), None).unwrap();
    assert_eq!(hear(&mut listener).await, ["hello"]);
    let id = listener.position().to_string();
    drop(listener);
    tokio::time::advance(LINGER - Duration::from_secs(1)).await;
    save(&live, 1, Status::Running);
    service.tick();
    let mut listener = live.listen(only(1), Some(&id)).unwrap();
    assert_eq!(hear(&mut listener).await, ["hello", "node n", "running"]);
    let id = listener.position().to_string();
    drop(listener);
    tokio::time::advance(LINGER + Duration::from_secs(1)).await;
    service.tick();
    save(&live, 1, Status::Waiting);
    service.tick();
    assert_eq!(hear(&mut live.listen(only(1), Some(&id)).unwrap()).await, ["gap"]);
    assert_eq!(hear(&mut live.listen(all(), Some(&id)).unwrap()).await, ["hello", "waiting"]);
}

#[tokio::test(start_paused = true)]
async fn while_nobody_listens_nothing_is_told_and_who_comes_back_hears_of_a_gap() {
    let (live, mut service) = live(|_| {});
    live.tell(|| unreachable!("nobody wants to know"));
    let listener = live.listen(all(), None).unwrap();
    let id = listener.position().to_string();
    drop(listener);
    save(&live, 1, Status::Running);
    service.tick();
    assert_eq!(hear(&mut live.listen(all(), Some(&id)).unwrap()).await, ["hello", "running"], "it is waited for");
    tokio::time::advance(LINGER + Duration::from_secs(1)).await;
    save(&live, 1, Status::Waiting);
    service.tick();
    assert!(live.ring().behind(0).is_none(), "nothing is kept for nobody");
    live.tell(|| unreachable!("nobody wants to know any more"));
    let (mut back, mut anew) = (live.listen(all(), Some(&id)).unwrap(), live.listen(all(), None).unwrap());
    assert_eq!((hear(&mut back).await, hear(&mut anew).await), (vec!["gap".into()], vec!["hello".into()]));
    save(&live, 1, Status::Failed);
    service.tick();
    assert_eq!((hear(&mut back).await, hear(&mut anew).await), (vec!["failed".into()], vec!["failed".into()]));
}

/// Between the question before the save and the save.
#[tokio::test(start_paused = true)]
async fn who_begins_to_watch_during_a_save_hears_of_a_gap() {
    let (live, mut service) = live(|_| {});
    let head = head(1, Status::Running);
    let records = live.wants(&head, &records());
    let mut listener = live.listen(only(1), None).unwrap();
    let mut other = live.listen(only(2), None).unwrap();
    let mut everybody = live.listen(all(), None).unwrap();
    assert_eq!(hear(&mut listener).await, ["hello"]);
    live.saved(&head, records);
    service.tick();
    assert_eq!(hear(&mut listener).await, ["gap"]);
    assert_eq!((hear(&mut other).await, hear(&mut everybody).await.len()), (vec!["hello".into()], 2));
}

#[tokio::test(start_paused = true)]
async fn above_its_share_a_listener_hears_of_one_gap_at_a_time() {
    let (live, mut service) = live(|limits| limits.live_changes_per_second_max = 10);
    let mut listener = live.listen(all(), None).unwrap();
    let mut flood = |count: u64| {
        for number in 0..count {
            live.tell(|| Change::Execution(head(number, Status::Queued)));
        }
        service.tick();
    };
    flood(1_000);
    assert_eq!(hear(&mut listener).await.len(), 1 + 1_000, "a burst passes");
    let mut gaps = 0;
    for _ in 0..100 {
        flood(200);
        let heard = hear(&mut listener).await;
        assert!(heard.iter().all(|word| word == "gap"), "{heard:?}");
        gaps += heard.len();
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert!((4..=6).contains(&gaps), "{gaps} gaps in ten seconds");
    tokio::time::advance(Duration::from_secs(5)).await;
    drop(hear(&mut listener).await);
    flood(20);
    assert_eq!(hear(&mut listener).await.len(), 20);
}

#[tokio::test(start_paused = true)]
async fn as_many_listen_as_may() {
    let (live, _) = live(|limits| limits.live_listeners_max = 2);
    let (first, _second) = (live.listen(all(), None).unwrap(), live.listen(all(), None).unwrap());
    assert_eq!(live.listen(all(), None).unwrap_err(), TooManyListeners);
    drop(first);
    let _third = live.listen(all(), None).unwrap();
    assert_eq!(live.listeners(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_who_reads_slowly_keeps_nothing_in_memory() {
    let (live, mut service) = live(|limits| limits.live_changes_max = 600);
    let mut listener = live.listen(all(), None).unwrap();
    assert_eq!(hear(&mut listener).await, ["hello"]);
    (0..600).for_each(|number| save(&live, number, Status::Queued));
    service.tick();
    let held = Arc::downgrade(&live.ring().behind(0).unwrap());
    assert!(matches!(listener.next().await, Heard::Changes(_)), "the first of several batches");
    save(&live, 600, Status::Queued);
    service.tick();
    assert!(held.upgrade().is_none(), "the ring has let it go, and so has everybody");
    assert_eq!(hear(&mut listener).await, ["gap"]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_says_since_when_although_the_clock_was_set_back() {
    let (live, _) = live(|_| {});
    let told =
        || vec![Told { about: all(), change: Some(Box::new(Change::Workflow(workflow(1)))), encoded: OnceLock::new() }];
    let mut ring = live.ring();
    let second = |seconds: u64| seconds * 1_000_000;
    let at = |seconds: u64| Timestamp::from_micros(i64::try_from(second(seconds)).unwrap());
    let began = ring.newest() / second(1);
    ring.push(told(), false, second(began + 100));
    let heard = ring.newest();
    assert_eq!(ring.since(heard), at(began + 99));
    ring.push(told(), false, second(began + 40));
    ring.push(told(), false, second(began + 50));
    assert_eq!(ring.since(heard), at(began + 39), "what follows became durable earlier, by the clock");
    ring.push(told(), false, second(began + 200));
    assert_eq!(ring.since(heard), at(began + 39));
    assert_eq!(ring.since(ring.newest()), at(began + 199), "the clock has caught up");
}

#[tokio::test(start_paused = true)]
async fn a_gap_after_a_restart_reaches_back_to_its_begin_at_least() {
    let (live, _) = live(|_| {});
    let late = format!("{:016x}-{}", live.boot.wrapping_add(1), i64::MAX);
    let mut listener = live.listen(all(), Some(&late)).unwrap();
    let Heard::Gap { since } = listener.next().await else { panic!("nobody knows what followed") };
    assert!(since <= clock::now(), "{since}");
}
