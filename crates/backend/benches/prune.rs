//! Measures how long a rotation of refresh tokens takes, alone and beside pruning, on the disk of the temporary
//! folder: `cargo bench -p backend --bench prune`. `BATON_BENCH_DATABASE` names another database, which must be
//! empty. Figures of two machines do not compare.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time, and is told where")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use backend::auth::account::email::Email;
use backend::entropy::Entropy;
use backend::prune::{Pace, Progress, Retention};
use backend::store::{self, Accepted, Change, ClientInfo, Event, Session, Store, User};
use rotation::{Attempt, Family, Generation, Policy, Seed};
use shared::{EventKind, NumericDate};

const NOW: NumericDate = NumericDate(1_800_000_000);
const DAY: i64 = 86_400;
/// Users, each with one session, which the callers rotate in turn.
const USERS: usize = 2_000;
/// Events of two weeks, as versions before 0.2 have left them. A refresh expires after one week; every tenth event
/// is a login, which does not.
const EVENTS: i64 = 600_000;
const AT_ONCE: i64 = 200;
const CALLERS: usize = 8;
/// The pause between two rotations of one caller.
const PACE: Duration = Duration::from_millis(20);

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = std::env::var("BATON_BENCH_DATABASE")
        .unwrap_or_else(|_| format!("sqlite:{}", folder.path().join("bench.db").display()));
    let store = store::open(&url).await.expect("a store");
    let entropy = Entropy::system();
    let sessions = Arc::new(filled(&*store, &entropy).await);
    let before = rotations(&store, &sessions, tokio::time::sleep(Duration::from_secs(5))).await;
    println!("alone:           {}", figures(before));
    let mut progress = Progress::new(Pace::Background);
    let policy = Policy { idle_seconds: 7 * DAY, absolute_seconds: 30 * DAY };
    let retention = Retention { policy, event_seconds: 90 * DAY };
    let began = Instant::now();
    let pruning = async {
        retention.prune(&*store, NOW, &mut progress).await.expect("a store");
    };
    let during = rotations(&store, &sessions, pruning).await;
    println!("beside pruning:  {}", figures(during));
    let Progress { removed, .. } = progress;
    println!("{removed:?} in {:.1?}", began.elapsed());
    store.close().await;
}

async fn filled(store: &dyn Store, entropy: &Entropy) -> Vec<Session> {
    let mut sessions = Vec::with_capacity(USERS);
    for number in 0..USERS {
        let user = User {
            id: entropy.user_id(NOW),
            email: Email::parse(&format!("user{number}@example.com")).expect("an address"),
            name: None,
            password_hash: "$argon2id$".to_owned(),
            created_at: NOW,
            disabled_at: None,
        };
        let session = Session {
            id: entropy.session_id(NOW),
            user: user.id,
            seed: Seed::from_bytes([7; 32]),
            refresh_key_id: "key-1".to_owned(),
            family: Family::begun(NOW),
            authenticated_at: NOW,
            step_up_required_at: None,
            client: ClientInfo::unknown(),
            client_id: None,
        };
        sessions.push(session.clone());
        let register = Change::Register(Box::new(user), Box::new(session), Vec::new());
        store.commit(register, Vec::new()).await.expect("a store");
    }
    for number in (0..EVENTS).step_by(usize::try_from(AT_ONCE).expect("a few")) {
        let event = |number: i64| {
            let of = u64::from_be_bytes(entropy.bytes()) % USERS as u64;
            let of = &sessions[usize::try_from(of).expect("a few")];
            let kind = if number % 10 == 0 { EventKind::LoggedIn } else { EventKind::Refreshed };
            event(of, kind, NOW.plus(-14 * DAY + number * 14 * DAY / EVENTS), entropy)
        };
        let events = (number..number + AT_ONCE).map(event).collect();
        store.commit(Change::Record, events).await.expect("a store");
    }
    sessions
}

fn event(of: &Session, kind: EventKind, at: NumericDate, entropy: &Entropy) -> Event {
    let id = entropy.event_id(at);
    let client = ClientInfo::unknown();
    Event { id, kind, at, user: Some(of.user), session: Some(of.id), reason: None, client }
}

/// Rotates until `beside` is done; returns how long each rotation took.
async fn rotations(
    store: &Arc<dyn Store>,
    sessions: &Arc<Vec<Session>>,
    beside: impl Future<Output = ()>,
) -> Vec<Duration> {
    let (stop, stopped) = tokio::sync::watch::channel(());
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (store, sessions) = (Arc::clone(store), Arc::clone(sessions));
            let stopped = stopped.clone();
            tokio::spawn(async move {
                let mut took = Vec::new();
                let mut own = caller;
                while !stopped.has_changed().unwrap_or(true) {
                    let began = Instant::now();
                    rotate(&*store, &sessions[own % USERS]).await;
                    took.push(began.elapsed());
                    own += CALLERS;
                    tokio::time::sleep(PACE).await;
                }
                took
            })
        })
        .collect();
    beside.await;
    drop(stop);
    let mut all = Vec::new();
    for caller in callers {
        all.extend(caller.await.expect("no caller panics"));
    }
    all
}

async fn rotate(store: &dyn Store, session: &Session) {
    let (row, _) = store.find_session(session.id).await.expect("a store").expect("a session");
    let generation = Generation(row.family.generation.0 + 1);
    let attempt = Attempt::parse("attempt-key-of-the-benchmark").ok();
    let seen = row.family.generation;
    let accepted = Accepted {
        seen,
        family: row.family.accepted(generation, attempt, NOW),
        client: ClientInfo::unknown(),
    };
    let accept = Change::Accept(session.id, Box::new(accepted));
    assert!(store.commit(accept, Vec::new()).await.expect("a store").took_place());
}

fn figures(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 1_000];
    format!(
        "{} rotations, p50 {:.1?}, p99 {:.1?}, p99.9 {:.1?}, at most {:.1?}",
        took.len(),
        at(500),
        at(990),
        at(999),
        at(1_000)
    )
}
