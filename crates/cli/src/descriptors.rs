//! File descriptors: as many as the system allows, and no more connections than there are descriptors for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use server::ServerLimits;

/// Files of the database, its readers, threads, and what is open for a moment.
const OWN: usize = 128;

/// Takes as many as this process may have; how many that is.
pub(crate) fn take_all() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let allowed = if raised.is_ok() { maximum } else { current };
    allowed.and_then(|allowed| usize::try_from(allowed).ok()).unwrap_or(usize::MAX)
}

/// A listener that takes more connections than there are descriptors leaves none for the others and for calls to other
/// systems, and cannot even turn anybody away.
pub(crate) fn fit(limits: &mut ServerLimits, descriptors: usize) {
    let left = descriptors.saturating_sub(OWN);
    let (hooks, admin) = (&mut limits.hooks_listener.connections_max, &mut limits.admin_listener.connections_max);
    let wanted = *hooks;
    *hooks = wanted.min(left / 2).max(1);
    *admin = (*admin).min(left / 8).max(1);
    if *hooks < wanted {
        tracing::warn!(
            descriptors,
            connections_max = *hooks,
            "this process may open too few files for `connections_max` connections; raise its limit, as by `ulimit -n`"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        let fitted = |descriptors: usize| {
            let mut limits = ServerLimits::default();
            fit(&mut limits, descriptors);
            (limits.hooks_listener.connections_max, limits.admin_listener.connections_max)
        };
        assert_eq!(fitted(usize::MAX), (1_024, 512));
        assert_eq!(fitted(1_024), (448, 112));
        assert_eq!(fitted(64), (1, 1), "it starts all the same");
    }
}
