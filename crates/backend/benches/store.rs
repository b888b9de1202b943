//! Measures rotations and revocations per second in the embedded database, on the disk of the temporary folder:
//! `cargo bench -p backend --bench store`. Figures of two machines do not compare.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backend::auth::account::email::Email;
use backend::store::{self, Accepted, Change, ClientInfo, Event, Revocation, Session, Store, User};
use rotation::{Attempt, Family, Generation, Seed};
use shared::{EventId, EventKind, NumericDate, RevocationReason, SessionId, UserId};

const NOW: NumericDate = NumericDate(1_800_000_000);
const ROTATIONS_EACH: u32 = 500;
const SESSIONS_EACH: u64 = 50;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn main() {
    for callers in [1, 64] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("bench.db").display());
        let store = store::open(&url).await.expect("a store");
        let sessions = Arc::new(filled(&*store, callers).await);

        let rotated = at_once(callers, |caller| {
            rotate(Arc::clone(&store), sessions[index(caller, 0)].clone())
        })
        .await;
        let revoked = at_once(callers, |caller| {
            let own = &sessions[index(caller, 0)..index(caller + 1, 0)];
            revoke(Arc::clone(&store), own.to_vec())
        })
        .await;
        println!(
            "{callers:>3} callers: {:>8.0} rotations/s, {:>8.0} revocations/s",
            rate(callers * u64::from(ROTATIONS_EACH), rotated),
            rate(callers * SESSIONS_EACH, revoked),
        );
        store.close().await;
    }
}

/// The index of a caller's session in the list.
fn index(caller: u64, session: u64) -> usize {
    usize::try_from(caller * SESSIONS_EACH + session).expect("few sessions")
}

fn id(number: u64) -> [u8; 16] {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    id
}

/// One user, with the sessions of all callers.
async fn filled(store: &dyn Store, callers: u64) -> Vec<Session> {
    let user = User {
        id: UserId::from_bytes(id(1)),
        email: Email::parse("alice@example.com").expect("an address"),
        name: None,
        password_hash: "$argon2id$".to_owned(),
        created_at: NOW,
        disabled_at: None,
    };
    let session = |number| Session {
        id: SessionId::from_bytes(id(number)),
        user: user.id,
        seed: Seed::from_bytes([7; 32]),
        refresh_key_id: "key-1".to_owned(),
        family: Family::begun(NOW),
        authenticated_at: NOW,
        step_up_required_at: None,
        client: ClientInfo::unknown(),
        client_id: None,
    };
    let sessions: Vec<Session> = (0..callers * SESSIONS_EACH).map(session).collect();
    let seen = user.password_hash.clone();
    let register = Change::Register(Box::new(user), Box::new(sessions[0].clone()), Vec::new());
    store.commit(register, Vec::new()).await.expect("a store");
    for session in &sessions[1..] {
        let open = Change::OpenSession {
            session: Box::new(session.clone()),
            seen: seen.clone(),
            superseded: Vec::new(),
        };
        store.commit(open, Vec::new()).await.expect("a store");
    }
    sessions
}

/// The security event of a revocation. A rotation has none.
fn event(session: &Session) -> Event {
    let (id, kind) = (EventId::from_bytes(*session.id.as_bytes()), EventKind::LoggedOut);
    let (user, session) = (Some(session.user), Some(session.id));
    Event { id, kind, at: NOW, user, session, reason: None, client: ClientInfo::unknown() }
}

/// Runs one task per caller; returns the time until the last one is done.
async fn at_once<F>(callers: u64, task: impl Fn(u64) -> F) -> Duration
where
    F: Future<Output = ()> + Send + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers).map(|caller| tokio::spawn(task(caller))).collect();
    for task in tasks {
        task.await.expect("no caller panics");
    }
    start.elapsed()
}

async fn rotate(store: Arc<dyn Store>, session: Session) {
    let mut family = session.family.clone();
    for generation in 1..=ROTATIONS_EACH {
        let attempt = Attempt::parse(&format!("attempt-key-{generation:08}")).expect("a key");
        let next = family.accepted(Generation(generation), Some(attempt), NOW);
        let client = ClientInfo::unknown();
        let accepted = Accepted { seen: family.generation, family: next.clone(), client };
        let accept = Change::Accept(session.id, Box::new(accepted));
        assert!(store.commit(accept, Vec::new()).await.expect("a store").took_place());
        family = next;
    }
}

async fn revoke(store: Arc<dyn Store>, sessions: Vec<Session>) {
    for session in sessions {
        let revocation = Revocation { reason: RevocationReason::Logout, at: NOW };
        let events = vec![event(&session)];
        let end = Change::RevokeSession(session.id, revocation);
        assert!(store.commit(end, events).await.expect("a store").took_place());
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(changes: u64, elapsed: Duration) -> f64 {
    changes as f64 / elapsed.as_secs_f64()
}
