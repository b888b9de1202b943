//! Durability of the embedded database at a power cut. A killed process loses no writes, because the kernel still
//! holds them. So the real program runs under strace, a model of a disk replays its writes and flushes, and the real
//! engine opens the files that a power cut could leave: every change that was answered as durable must be there.

mod disk;
mod trace;
mod traced;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use backend::auth::account::email::Email;
use backend::store;
use rotation::{Attempt, Family, Generation};
use shared::{RevocationReason, SessionId};
use sqlx::{Connection as _, SqliteConnection};

use self::disk::{Disk, Fate, Image};
use self::trace::Event;
use self::traced::{Client, Reply, Traced};

const DATABASE: &str = "baton.db";

/// A promise in a response, on which the client may rely.
enum Claim {
    Registered(String, SessionId),
    LoggedIn(SessionId),
    Revoked(SessionId),
    /// The session's row has this generation with its key, or a later or earlier one with its own: only rotations may
    /// be lost.
    Accepted(SessionId, Generation),
}

/// The promises of all responses, by request id.
#[derive(Default)]
struct Diary {
    claims: Vec<(String, Claim)>,
}

/// The attempt key with which a generation is accepted in this test.
fn key(generation: Generation) -> String {
    format!("attempt-key-for-generation-{:06}", generation.0)
}

/// A client with its session and the newest generation.
struct Member {
    client: Client,
    session: SessionId,
    generation: Generation,
}

impl Diary {
    fn note(&mut self, reply: &Reply, status: u16, claim: Claim) {
        assert_eq!(reply.status, status, "{reply:?}");
        self.claims.push((reply.request_id.clone(), claim));
    }

    fn register(&mut self, server: &Traced, name: &str) -> Member {
        let mut client = server.client(name);
        let reply = client.register();
        let session = reply.session();
        self.note(&reply, 201, Claim::Registered(client.email(), session));
        Member { client, session, generation: Generation(0) }
    }

    fn login(&mut self, member: &Member) -> Member {
        let mut client = member.client.elsewhere();
        let reply = client.login();
        let session = reply.session();
        self.note(&reply, 200, Claim::LoggedIn(session));
        Member { client, session, generation: Generation(0) }
    }

    fn refresh(&mut self, member: &mut Member) {
        member.generation = Generation(member.generation.0 + 1);
        let reply = member.client.refresh(&key(member.generation));
        self.note(&reply, 200, Claim::Accepted(member.session, member.generation));
    }

    /// The same refresh again and again: each is an event.
    fn ask_again(&mut self, member: &mut Member, times: usize) {
        let before = member.client.clone();
        self.refresh(member);
        for _ in 0..times {
            let again = before.clone().refresh(&key(member.generation));
            self.note(&again, 200, Claim::Accepted(member.session, member.generation));
        }
    }

    fn logout(&mut self, member: &mut Member) {
        let reply = member.client.logout();
        self.note(&reply, 204, Claim::Revoked(member.session));
    }

    /// The owner refreshes; a thief with a copy replays the old ticket.
    fn replay(&mut self, member: &mut Member) {
        let mut thief = member.client.clone();
        self.refresh(member);
        let reply = thief.refresh_without_a_key();
        self.note(&reply, 401, Claim::Revoked(member.session));
    }
}

/// Every change of a session: in sequence, then concurrently, then so many events that a checkpoint restarts the log,
/// then again.
fn scenario(server: &Traced, diary: &mut Diary) {
    let mut alice = diary.register(server, "alice");
    let mut bob = diary.register(server, "bob");
    let mut carol = diary.register(server, "carol");
    for _ in 0..3 {
        diary.refresh(&mut alice);
        diary.refresh(&mut bob);
    }
    diary.replay(&mut bob);
    diary.refresh(&mut alice);
    let mut phone = diary.login(&alice);
    diary.refresh(&mut phone);
    diary.logout(&mut phone);
    let mut members = at_once(server, diary);
    diary.ask_again(&mut carol, PAGES_BEFORE_A_CHECKPOINT);
    diary.logout(&mut carol);
    members.push(alice);
    for _ in 0..3 {
        members.iter_mut().for_each(|member| diary.refresh(member));
    }
    diary.logout(&mut members[0]);
    diary.refresh(&mut members[1]);
}

/// SQLite's default; an event writes one page or more.
const PAGES_BEFORE_A_CHECKPOINT: usize = 1_000;

/// Concurrent changes, which share a group commit. Returns the members whose sessions stay active.
fn at_once(server: &Traced, diary: &mut Diary) -> Vec<Member> {
    let (mut live, mut diaries) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..6)
            .map(|number| {
                scope.spawn(move || {
                    let mut own = Diary::default();
                    let mut member = own.register(server, &format!("user-{number}"));
                    (0..4).for_each(|_| own.refresh(&mut member));
                    if number % 2 == 0 {
                        own.logout(&mut member);
                        return (own, None);
                    }
                    (own, Some(member))
                })
            })
            .collect();
        for client in clients {
            let (own, member) = client.join().expect("no client panics");
            diaries.push(own);
            live.extend(member);
        }
    });
    diary.claims.extend(diaries.into_iter().flat_map(|own| own.claims));
    live
}

/// The rows of a database.
struct Found {
    users: BTreeSet<String>,
    sessions: BTreeMap<SessionId, Family<RevocationReason>>,
}

/// Opens the files after a power cut with the real engine, and reads all rows of the diary.
async fn open(image: &Image, diary: &Diary) -> Found {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(image, folder.path());
    let file = folder.path().join(DATABASE).display().to_string();
    let store = store::open(&format!("sqlite:{file}")).await.expect("a database that opens");
    let mut found = Found { users: BTreeSet::new(), sessions: BTreeMap::new() };
    for (_, claim) in &diary.claims {
        if let Claim::Registered(email, _) = claim {
            let address = Email::parse(email).expect("an address");
            if store.find_user(&address).await.expect("whole rows").is_some() {
                found.users.insert(email.clone());
            }
        }
        let id = match claim {
            Claim::Registered(_, id) | Claim::LoggedIn(id) => *id,
            Claim::Revoked(_) | Claim::Accepted(..) => continue,
        };
        if let Some((session, _)) = store.find_session(id).await.expect("whole rows") {
            found.sessions.insert(id, session.family);
        }
    }
    store.close().await;
    let mut raw = SqliteConnection::connect(&format!("sqlite:{file}")).await.expect("a database");
    let verdict: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut raw).await.expect("a verdict");
    assert_eq!(verdict, "ok");
    found
}

fn write(image: &Image, folder: &Path) {
    for (name, content) in image {
        fs::write(folder.join(name), content).expect("a file");
    }
}

impl Found {
    /// Asserts that the rows keep every promise made before the cut, and have no generation that was never issued.
    fn check(&self, answered: &[Answered], what: &str) {
        let family = |session| {
            let family = self.sessions.get(session);
            family.unwrap_or_else(|| panic!("{what}: {session} was answered and is lost"))
        };
        let mut newest: BTreeMap<SessionId, u32> = BTreeMap::new();
        for Answered { claim, .. } in answered {
            match claim {
                Claim::Registered(email, session) => {
                    assert!(self.users.contains(email), "{what}: {email} was answered and is lost");
                    family(session);
                }
                Claim::LoggedIn(session) => {
                    family(session);
                }
                Claim::Revoked(session) => {
                    assert!(!family(session).is_live(), "{what}: {session} was revoked");
                }
                Claim::Accepted(session, generation) => {
                    newest.insert(*session, generation.0);
                }
            }
        }
        for (session, family) in &self.sessions {
            // One more rotation than was answered may be in flight.
            let newest = newest.get(session).copied().unwrap_or(0) + 1;
            let generation = family.generation.0;
            assert!(generation <= newest, "{what}: {session} was never at {generation}");
            assert_eq!(family.attempt, attempt(generation), "{what}: {session}");
            let previous = attempt(generation.saturating_sub(1));
            assert_eq!(family.previous_attempt, previous, "{what}: {session}");
        }
    }
}

/// The attempt key that a row of this generation holds.
fn attempt(generation: u32) -> Option<Attempt> {
    (generation > 0).then(|| Attempt::parse(&key(Generation(generation))).expect("a key"))
}

/// A promise, and the number of the event that sent it.
struct Answered<'a> {
    sent: usize,
    claim: &'a Claim,
}

impl Diary {
    /// The promises in the order in which they were sent.
    fn answered(&self, events: &[Event]) -> Vec<Answered<'_>> {
        let mut sent = HashMap::new();
        for (number, event) in events.iter().enumerate() {
            if let Event::Answered { text } = event
                && let Some((_, rest)) = text.split_once("x-request-id: ")
                && let Some((id, _)) = rest.split_once("\r\n")
            {
                sent.insert(id, number);
            }
        }
        let claims = self.claims.iter();
        let mut answered: Vec<_> =
            claims.map(|(id, claim)| Answered { sent: sent[id.as_str()], claim }).collect();
        answered.sort_by_key(|answer| answer.sent);
        answered
    }
}

#[tokio::test]
async fn what_was_answered_as_lasting_survives_a_power_cut_at_any_instant() {
    let (folder, elsewhere) = (temporary(), temporary());
    let server = Traced::start(folder.path(), &elsewhere.path().join("trace"));
    let mut diary = Diary::default();
    scenario(&server, &mut diary);
    let events = trace::read(&server.stop());
    let answered = diary.answered(&events);
    let (first, last) = (answered[0].sent, answered[answered.len() - 1].sent);
    let database = folder.path().join(DATABASE).display().to_string();
    let folded = |event: &Event| matches!(event, Event::Synced { file, .. } if *file == database);
    assert!(events[first..last].iter().any(folded), "no checkpoint in the middle of the run");

    let mut disk = Disk::new(folder.path());
    let mut seen: HashMap<u64, Found> = HashMap::new();
    // The flushed image changes with a flush only: its fingerprint, by the number of flushes.
    let mut certain: HashMap<usize, u64> = HashMap::new();
    let mut cuts = 0;
    for (number, event) in events.iter().enumerate() {
        disk.apply(event);
        for fate in fates_worth_a_look(event, number) {
            let known = certain.get(&disk.flushes()).filter(|_| matches!(fate, Fate::Lost));
            let print = match known {
                Some(print) => *print,
                None => {
                    let image = disk.after_power_loss(fate);
                    if number < first && !image.contains_key(DATABASE) {
                        continue;
                    }
                    let print = fingerprint(&image);
                    if let Entry::Vacant(unseen) = seen.entry(print) {
                        unseen.insert(open(&image, &diary).await);
                    }
                    print
                }
            };
            if matches!(fate, Fate::Lost) {
                certain.insert(disk.flushes(), print);
            }
            let what = format!("power cut after event {number}, {fate:?}");
            let by_now = answered.partition_point(|answer| answer.sent <= number);
            seen[&print].check(&answered[..by_now], &what);
            cuts += 1;
        }
    }
    println!("{cuts} power cuts, {} different disks, {} events", seen.len(), events.len());
    assert_eq!(disk.after_power_loss(Fate::Arrived), on_disk(folder.path()), "the model is wrong");
}

/// A lost rotation heals on retry, so no refresh waits for the disk.
#[test]
fn rotations_in_a_group_of_their_own_are_not_flushed() {
    let (folder, elsewhere) = (temporary(), temporary());
    let server = Traced::start(folder.path(), &elsewhere.path().join("trace"));
    let mut diary = Diary::default();
    let mut alice = diary.register(&server, "alice");
    (0..50).for_each(|_| diary.refresh(&mut alice));
    diary.logout(&mut alice);
    let events = trace::read(&server.stop());
    let answered = diary.answered(&events);
    let flushes = |from: usize, to: usize| {
        events[answered[from].sent..answered[to].sent]
            .iter()
            .filter(|event| matches!(event, Event::Synced { .. }))
            .count()
    };
    assert_eq!((flushes(0, 50), flushes(50, 51)), (0, 1));
}

/// The protocol's promise (docs/design/rotation.md): a client whose ticket is newer than the restored row stays
/// signed in. A revoked session stays revoked.
#[tokio::test]
async fn a_client_whose_rotations_were_lost_with_the_power_stays_logged_in() {
    let (folder, elsewhere) = (temporary(), temporary());
    let server = Traced::start(folder.path(), &elsewhere.path().join("trace"));
    let mut diary = Diary::default();
    let mut alice = diary.register(&server, "alice");
    let mut bob = diary.register(&server, "bob");
    (0..2).for_each(|_| diary.refresh(&mut alice));
    let copy = bob.client.clone();
    diary.logout(&mut bob);
    (0..5).for_each(|_| diary.refresh(&mut alice));
    let events = trace::read(&server.stop());
    let answered = diary.answered(&events);

    let mut disk = Disk::new(folder.path());
    let last = answered[answered.len() - 1].sent;
    events[..=last].iter().for_each(|event| disk.apply(event));
    let image = disk.after_power_loss(Fate::Lost);
    let found = open(&image, &diary).await;
    // The revocation of bob's session flushed all earlier writes; no later write was flushed. Rotations that were in
    // memory then are lost, too.
    assert!(found.sessions[&alice.session].generation <= Generation(2));
    assert!(!found.sessions[&bob.session].is_live());

    let after = temporary();
    write(&image, after.path());
    fs::rename(folder.path().join("keys"), after.path().join("keys")).expect("the keys");
    let server = Traced::start(after.path(), &elsewhere.path().join("trace"));
    let mut alice = Member { client: alice.client.at(&server), ..alice };
    diary.refresh(&mut alice);
    assert_eq!(copy.at(&server).refresh_without_a_key().status, 401);
}

fn fingerprint(image: &Image) -> u64 {
    let mut hasher = DefaultHasher::new();
    image.hash(&mut hasher);
    hasher.finish()
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// After a response, the flushed data alone must suffice; after a flush, and at some responses, the disk may also
/// have written more than it was asked to.
fn fates_worth_a_look(event: &Event, number: usize) -> Vec<Fate> {
    let all = [
        Fate::Lost,
        Fate::Arrived,
        Fate::OnlyTheLast,
        Fate::Scattered(number as u64),
        Fate::Scattered(!number as u64),
    ];
    match event {
        Event::Synced { .. } | Event::Removed { .. } => all.to_vec(),
        Event::Answered { .. } if number.is_multiple_of(100) => all.to_vec(),
        Event::Answered { .. } => vec![Fate::Lost],
        Event::Wrote { .. } | Event::Resized { .. } | Event::Made { .. } => Vec::new(),
    }
}

/// The database's files as the kernel has them.
fn on_disk(folder: &Path) -> Image {
    let files = fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path());
    let files = files.filter(|path| path.is_file());
    files
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("its content"))
        })
        .collect()
}
