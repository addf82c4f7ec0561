//! Every limit of the engine, by name. Defaults stand in `config.default.toml`.

use std::time::Duration;

use domain::event::written::WrittenLimits;

/// What the engine holds at most, and how long it waits.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Executions that run at the same time.
    pub executions_running_max: usize,
    /// And of one workflow, so that slow nodes of one leave room for the others.
    pub executions_running_per_workflow_max: usize,
    /// Threads for what may take long without waiting: JSONata, and reading large bodies. 0: half of the cores, two at
    /// least. One workflow takes all but one.
    pub heavy_threads: usize,
    /// Executions of one workflow held in memory; what comes on top waits in the database. New ones
    /// may take three quarters of the places: the rest is for what waits there, so that it gets on
    /// however many come.
    pub executions_in_memory_per_workflow_max: usize,
    /// Executions held in memory in all, shared out the same way.
    pub executions_in_memory_max: usize,
    /// How long a task may wait for its turn before those who ask for more than others are refused. Zero: any time.
    pub turn_wait_max: Duration,
    /// Bytes of request bodies in memory in all, from the first that comes until their execution leaves it, and of
    /// large answers on their way out; more are answered 503.
    pub body_bytes_in_memory_max: usize,
    /// And of one workflow, so that a flood of one leaves room for the others; more are answered 429.
    pub body_bytes_in_memory_per_workflow_max: usize,
    /// Bytes that flows may hold of parsed bodies in all; what needs more waits until others have less.
    pub parsed_bytes_max: usize,
    /// What a request may be that a person writes: as much as the listener takes.
    pub written: WrittenLimits,
    /// Refused requests that wait to be logged; more are dropped and counted.
    pub request_log_queue_max: usize,
    pub request_log_per_workflow_max: u32,
    pub request_log_max: u32,
    /// The newest changes, kept for those who listen live and come back after a cut. As many may wait to be told.
    pub live_changes_max: usize,
    /// Changes told to all who listen together; each may have an even share.
    pub live_changes_per_second_max: u32,
    pub live_listeners_max: usize,
    /// Executions are kept for this many days, unless the workflow says otherwise.
    pub retention_days: u32,
    /// And at most this many of one workflow.
    pub retention_executions_max: u32,
    /// A browser that was not used for so long is logged out. Known to the minute.
    pub session_idle: Duration,
    /// And one that was logged in for so long.
    pub session_max: Duration,
    /// How long the server calls itself not ready after the disk had no room.
    pub full_pause: Duration,
    /// How long a server owns its executions after its last sign of life.
    pub lease: Duration,
    /// How long a stop waits for what is running to reach a node boundary.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            executions_running_max: 512,
            executions_running_per_workflow_max: 256,
            heavy_threads: 0,
            executions_in_memory_per_workflow_max: 1_024,
            executions_in_memory_max: 4_096,
            turn_wait_max: Duration::from_millis(3),
            body_bytes_in_memory_max: 64 << 20,
            body_bytes_in_memory_per_workflow_max: 32 << 20,
            parsed_bytes_max: 64 << 20,
            written: WrittenLimits { head_bytes_max: 64 << 10, body_bytes_max: 10 << 20, body_depth_max: 64 },
            request_log_queue_max: 1_024,
            request_log_per_workflow_max: 1_000,
            request_log_max: 100_000,
            live_changes_max: 16_384,
            live_changes_per_second_max: 20_000,
            live_listeners_max: 256,
            retention_days: 30,
            retention_executions_max: 100_000,
            session_idle: Duration::from_secs(7 * 24 * 60 * 60),
            session_max: Duration::from_secs(30 * 24 * 60 * 60),
            full_pause: Duration::from_secs(10),
            lease: Duration::from_secs(15),
            drain: Duration::from_secs(30),
        }
    }
}
