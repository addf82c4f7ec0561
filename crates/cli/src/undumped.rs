//! What is in the server's memory, keys and secrets among it, stays there when it crashes.

use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on this process leaves no core file, and on Linux other processes of the same user can neither attach to
/// it nor read its memory. A system that does not allow it is told about in the log.
pub(crate) fn keep_memory() {
    let limited = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let limited = limited.and(rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable));
    if let Err(error) = limited {
        tracing::warn!(%error, "a crash may leave a core file with secrets in it");
    }
}
