//! What status lists cost, up to ten million sessions: bytes of a list, bytes a second of a service that sees a
//! thousand sessions, memory of both, and the time that making a list takes: `cargo bench -p backend --bench
//! status_lists`. Places are drawn and lists are made as by the server; no session is stored. Times of two machines
//! do not compare.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backend::auth::revocation::revocation_cache::RevocationCache;
use backend::auth::revocation::status_index::{ListId, ListNumber, PLACES, in_list, place};
use backend::auth::token::access_token::AccessTokens;
use backend::auth::token::session_ids::DRAWS;
use backend::auth::token::status_list::StatusLists;
use backend::clock::Clock;
use backend::entropy::Entropy;
use backend::keys::{KeyPlan, KeyRing};
use backend::lifetimes::{LifetimeSet, Lifetimes};
use backend::store::{self, RevokedSession};
use shared::{NumericDate, RevocationReason, SessionId};

const NOW: NumericDate = NumericDate(1_800_000_000);
const ORIGIN: &str = "https://baton.example";
const LIFETIMES: LifetimeSet = LifetimeSet {
    access_token: 900,
    jwks_cache: 300,
    session_idle: 604_800,
    session_absolute: 2_592_000,
    event_retention: 7_776_000,
};
/// How long a revocation is in its list: the life of an access token, and the slack for clocks.
const LISTED_SECONDS: f64 = 960.0;
/// Sessions, and how many of a thousand were revoked within that time: one is a tenth of all in a day.
const CASES: [(u32, u64); 5] =
    [(1_000, 1), (100_000, 1), (1_000_000, 1), (10_000_000, 1), (1_000_000, 1_000)];
/// How many sessions a service sees, each often.
const SEEN: usize = 1_000;
/// How often it fetches a list: Baton's verifier does in the last quarter of two seconds.
const FETCH_SECONDS: f64 = 1.5;
/// What the heads of a request and its answer take, without TLS.
const HEADS: f64 = 850.0;
/// The bits of one list.
const LIST_KIB: usize = 16;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
async fn main() {
    println!("sessions, revoked: lists, bytes of one; a service of {SEEN} sessions; memory; time");
    for (sessions, per_mille) in CASES {
        let mut draws = Draws::new();
        let begun: Vec<SessionId> = (0..sessions).map(|number| draws.draw(number)).collect();
        let revoked: Vec<SessionId> =
            begun.iter().copied().filter(|_| draws.random() % 1_000 < per_mille).collect();
        let lists: BTreeSet<u8> = begun.iter().map(|id| ListNumber::of(*id).get()).collect();
        let seen: BTreeSet<u8> = (0..SEEN)
            .map(|_| ListNumber::of(begun[index(draws.random(), begun.len())]).get())
            .collect();
        let with_bits: BTreeSet<u8> = revoked.iter().map(|id| ListNumber::of(*id).get()).collect();
        let (bytes, took) = made(&revoked, &lists).await;
        let each = bytes / lists.len();
        // A list has changed if a revocation was added or has expired since, or once a minute.
        let changes = 2.0 * revoked.len() as f64 / lists.len() as f64 / LISTED_SECONDS;
        let is_sent = (1.0 - (-FETCH_SECONDS * changes).exp()).max(FETCH_SECONDS / 60.0);
        let fetches = seen.len() as f64 / FETCH_SECONDS;
        println!(
            "{sessions:>10}, {:>9}: {:>3}, {each:>6}; {:>3} lists, {:>7.1} KiB/s, with 304 {:>7.1}; \
             bits {} KiB here, {} KiB there; {:.2?} each",
            revoked.len(),
            lists.len(),
            seen.len(),
            fetches * (HEADS + each as f64) / 1_024.0,
            fetches * (HEADS + is_sent * each as f64) / 1_024.0,
            with_bits.len() * LIST_KIB,
            seen.len() * LIST_KIB,
            took / u32::try_from(lists.len()).expect("at most 128"),
        );
    }
}

/// The bytes of these lists as tokens together, and how long making them takes.
async fn made(revoked: &[SessionId], numbers: &BTreeSet<u8>) -> (usize, Duration) {
    let (clock, entropy) = (Clock::manual(NOW), Entropy::system());
    let store = store::open("memory:").await.expect("a store");
    let plan = KeyPlan {
        jwks_cache_seconds: LIFETIMES.jwks_cache,
        rotation_seconds: LIFETIMES.session_absolute,
        access_token_seconds: LIFETIMES.access_token,
        session_seconds: LIFETIMES.session_absolute,
    };
    let keys = Arc::new(KeyRing::in_memory(&entropy, plan, NOW));
    let access_tokens = AccessTokens::new(Arc::clone(&keys), ORIGIN, &[ORIGIN.to_owned()]);
    let revocations = Arc::new(RevocationCache::new(&clock));
    let reason = RevocationReason::Logout;
    revocations.note(revoked.iter().map(|&session| RevokedSession { session, reason, at: NOW }));
    let now = clock.boot_instant();
    revocations.mark_complete(now, now + Duration::from_secs(3_600));
    let lifetimes = Arc::new(Lifetimes::fixed(LIFETIMES));
    let lists = StatusLists::new(store, clock, revocations, lifetimes, keys, access_tokens);
    let lists = Arc::new(lists);
    let (begun, mut bytes) = (Instant::now(), 0);
    for list in ListNumber::all().filter(|list| numbers.contains(&list.get())) {
        bytes += lists.list(ListId::Numbered(list)).await.expect("a list").token.len();
    }
    (bytes, begun.elapsed())
}

/// The places of sessions, drawn as the server draws them, but with numbers that are the same in each run.
struct Draws {
    taken: Vec<bool>,
    list: ListNumber,
    state: u64,
}

impl Draws {
    fn new() -> Self {
        let list = ListNumber::of(SessionId::from_bytes([0; 16]));
        Self { taken: vec![false; PLACES as usize], list, state: 7 }
    }

    /// The id of this session.
    fn draw(&mut self, number: u32) -> SessionId {
        loop {
            for _ in 0..DRAWS {
                let mut id = [0; 16];
                id[..4].copy_from_slice(&number.to_be_bytes());
                id[8..].copy_from_slice(&self.random().to_be_bytes());
                let id = in_list(SessionId::from_bytes(id), self.list);
                let taken = &mut self.taken[place(id) as usize];
                if !std::mem::replace(taken, true) {
                    return id;
                }
            }
            self.list = self.list.successor();
        }
    }

    /// `SplitMix64`.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// A number below `length`.
fn index(random: u64, length: usize) -> usize {
    random as usize % length
}
