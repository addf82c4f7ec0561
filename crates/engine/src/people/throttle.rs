//! Who keeps guessing has to wait, longer each time. In memory: a restart forgives.
//! ```text
//! attempts:  free … free │ 1 s │ 2 s │ 4 s │ …  │ 15 min │ 15 min
//! ```
//! An attempt counts when it begins, so that many at once are many; one that succeeds is taken back. Only
//! logging in waits: a session that is there is never looked at here.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::id::UserId;
use tokio::time::Instant;

/// Attempts in a row that cost nothing, on one account.
const ACCOUNT_FREE: u32 = 5;
/// And from one address, behind which many people may be.
const ADDRESS_FREE: u32 = 50;
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(15 * 60);
/// After so long without an attempt it is as if there had been none.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);
/// Accounts, and addresses, that are remembered; the one that was quiet longest goes.
const REMEMBERED_MAX: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Throttle {
    accounts: Attempts<String>,
    addresses: Attempts<IpAddr>,
    /// Those who are logged in and give their old password: nobody else can make them wait.
    old_passwords: Attempts<UserId>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            accounts: Attempts::new(ACCOUNT_FREE),
            addresses: Attempts::new(ADDRESS_FREE),
            old_passwords: Attempts::new(ACCOUNT_FREE),
        }
    }
}

impl Throttle {
    /// `Err`: how long to wait.
    pub(crate) fn login(&self, account: &str, address: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        self.addresses.begin(network(address), now)?;
        self.accounts.begin(account.to_owned(), now)
    }

    pub(crate) fn logged_in(&self, account: &str, address: IpAddr) {
        self.accounts.forget(account);
        self.addresses.take_back(&network(address));
    }

    pub(crate) fn old_password(&self, user: UserId) -> Result<(), Duration> {
        self.old_passwords.begin(user, Instant::now())
    }

    pub(crate) fn old_password_was_right(&self, user: UserId) {
        self.old_passwords.forget(&user);
    }
}

/// Of IPv6 the network: one customer has all addresses in it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[derive(Debug)]
struct Attempts<K> {
    free: u32,
    by: Mutex<HashMap<K, Attempt>>,
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    count: u32,
    last: Instant,
    /// Nothing before that.
    until: Instant,
}

impl<K: Hash + Eq + Clone> Attempts<K> {
    fn new(free: u32) -> Self {
        Self { free, by: Mutex::default() }
    }

    fn begin(&self, who: K, now: Instant) -> Result<(), Duration> {
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if !by.contains_key(&who) {
            make_room(&mut by, now);
        }
        let attempt = by.entry(who).or_insert(Attempt { count: 0, last: now, until: now });
        if attempt.until > now {
            return Err(attempt.until - now);
        }
        if now - attempt.last >= FORGOTTEN {
            attempt.count = 0;
        }
        attempt.count = attempt.count.saturating_add(1);
        attempt.last = now;
        let beyond = attempt.count.saturating_sub(self.free);
        let pause = beyond
            .checked_sub(1)
            .map_or(Duration::ZERO, |doubled| PAUSE_FIRST.saturating_mul(2_u32.saturating_pow(doubled)).min(PAUSE_MAX));
        attempt.until = now + pause;
        Ok(())
    }

    fn take_back(&self, who: &K) {
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(attempt) = by.get_mut(who) {
            attempt.count = attempt.count.saturating_sub(1);
            if attempt.count <= self.free {
                attempt.until = attempt.last;
            }
        }
    }

    fn forget<Q: Hash + Eq + ?Sized>(&self, who: &Q)
    where
        K: std::borrow::Borrow<Q>,
    {
        self.by.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

fn make_room<K: Hash + Eq + Clone>(by: &mut HashMap<K, Attempt>, now: Instant) {
    if by.len() < REMEMBERED_MAX {
        return;
    }
    by.retain(|_, attempt| now - attempt.last < FORGOTTEN);
    if by.len() >= REMEMBERED_MAX
        && let Some(quietest) = by.iter().min_by_key(|(_, attempt)| attempt.last).map(|(who, _)| who.clone())
    {
        by.remove(&quietest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn from(last: u16) -> IpAddr {
        IpAddr::from([198, 51, (last >> 8) as u8, last as u8])
    }

    #[tokio::test(start_paused = true)]
    async fn ten_thousand_guesses_at_one_account_are_a_few() {
        let throttle = Throttle::default();
        let (mut tried, mut wait) = (0, Duration::ZERO);
        for guess in 0..10_000 {
            match throttle.login("ada", from(guess)) {
                Ok(()) => tried += 1,
                Err(after) => wait = after,
            }
            // Ten a second, from an address each, for a quarter of an hour.
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert!((10..=16).contains(&tried), "{tried}");
        assert!(wait > Duration::ZERO && wait <= PAUSE_MAX, "{wait:?}");
        throttle.login("grace", HERE).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_up_to_the_longest_and_are_forgotten() {
        let attempts = Attempts::new(ACCOUNT_FREE);
        let mut pauses = Vec::new();
        for _ in 0..ACCOUNT_FREE + 13 {
            attempts.begin("ada", Instant::now()).unwrap();
            let pause = attempts.by.lock().unwrap()["ada"].until - Instant::now();
            pauses.push(pause.as_secs());
            tokio::time::advance(pause).await;
        }
        assert_eq!(pauses, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        tokio::time::advance(FORGOTTEN).await;
        attempts.begin("ada", Instant::now()).unwrap();
        attempts.begin("ada", Instant::now()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_at_once_are_counted_before_any_has_failed() {
        let throttle = Throttle::default();
        let begun = (0..100).filter(|_| throttle.login("ada", HERE).is_ok()).count();
        assert_eq!(begun, ACCOUNT_FREE as usize + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gets_in_starts_anew_and_leaves_the_address_as_it_was() {
        let throttle = Throttle::default();
        for round in 0..ADDRESS_FREE * 3 {
            throttle.login("ada", HERE).unwrap_or_else(|wait| panic!("{round}: {wait:?}"));
            throttle.logged_in("ada", HERE);
        }
        let tries = (0..200).filter(|account| throttle.login(&account.to_string(), HERE).is_ok()).count();
        assert_eq!(tries, ADDRESS_FREE as usize + 1);
        // Not those somewhere else.
        throttle.login("ada", from(1)).unwrap();
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let at = |text: &str| network(text.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_eq!(at("::ffff:192.0.2.1"), HERE);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_remembered_than_allowed_and_the_quietest_goes() {
        let attempts = Attempts::new(0);
        let now = Instant::now();
        attempts.begin(0, now).unwrap();
        for who in 1..REMEMBERED_MAX + 5 {
            attempts.begin(who, now + Duration::from_millis(1)).unwrap();
        }
        let by = attempts.by.lock().unwrap();
        assert_eq!((by.len(), by.contains_key(&0)), (REMEMBERED_MAX, false));
    }
}
