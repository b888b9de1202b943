//! The embedded database when the power goes. Killing a process does not show what a missing flush
//! costs, because the system still holds what was written. So the real program runs under strace, a
//! model of a disk is made from what it wrote and flushed, and the files that a power cut could leave
//! are opened with the real engine: whatever had been answered as lasting must be there.

mod disk;
mod trace;
mod traced;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use backend::auth::email::Email;
use backend::store;
use rotation::{Attempt, Family, Generation, Standing};
use shared::SessionId;
use sqlx::{Connection as _, SqliteConnection};

use self::disk::{Disk, Fate, Image};
use self::trace::Event;
use self::traced::{Client, Told, Traced};

const DATABASE: &str = "baton.db";

/// Something a client was told, and may rely on from then on.
enum Claim {
    Registered(String, SessionId),
    LoggedIn(SessionId),
    Ended(SessionId),
    /// The session's row says that this generation was accepted with this key, or says so of a
    /// later one, or of an earlier one: rotations may be lost. Nothing else.
    Accepted(SessionId, Generation),
}

/// What clients were told, by the id of the answer.
#[derive(Default)]
struct Diary {
    claims: Vec<(String, Claim)>,
}

/// The key with which a generation of any session is accepted in this story.
fn key(generation: Generation) -> String {
    format!("attempt-key-for-generation-{:06}", generation.0)
}

/// A client with its session, and how far it has come.
struct Member {
    client: Client,
    session: SessionId,
    generation: Generation,
}

impl Diary {
    fn note(&mut self, told: &Told, status: u16, claim: Claim) {
        assert_eq!(told.status, status, "{told:?}");
        self.claims.push((told.request_id.clone(), claim));
    }

    fn register(&mut self, server: &Traced, name: &str) -> Member {
        let mut client = server.client(name);
        let told = client.register();
        let session = told.session();
        self.note(&told, 201, Claim::Registered(client.email(), session));
        Member { client, session, generation: Generation(0) }
    }

    fn login(&mut self, member: &Member) -> Member {
        let mut client = member.client.clone();
        let told = client.login();
        let session = told.session();
        self.note(&told, 200, Claim::LoggedIn(session));
        Member { client, session, generation: Generation(0) }
    }

    fn refresh(&mut self, member: &mut Member) {
        member.generation = Generation(member.generation.0 + 1);
        let told = member.client.refresh(&key(member.generation));
        self.note(&told, 200, Claim::Accepted(member.session, member.generation));
    }

    fn logout(&mut self, member: &mut Member) {
        let told = member.client.logout();
        self.note(&told, 204, Claim::Ended(member.session));
    }

    /// The owner refreshes; somebody with a copy presents the old ticket.
    fn replay(&mut self, member: &mut Member) {
        let mut thief = member.client.clone();
        self.refresh(member);
        let told = thief.refresh_without_a_key();
        self.note(&told, 401, Claim::Ended(member.session));
    }
}

/// Everything that changes a session, one after another, then many at once; ends with rotations.
fn story(server: &Traced, diary: &mut Diary) -> Vec<Member> {
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
    diary.refresh(&mut carol);
    diary.logout(&mut carol);
    let mut members = at_once(server, diary);
    members.push(alice);
    for _ in 0..ROTATIONS_AT_THE_END {
        members.iter_mut().for_each(|member| diary.refresh(member));
    }
    members
}

const ROTATIONS_AT_THE_END: usize = 10;

/// Changes that wait for each other, and so share commits. Returns whose sessions live.
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

/// What a database says.
struct Found {
    users: BTreeSet<String>,
    sessions: BTreeMap<SessionId, Family>,
}

/// Opens what a power cut left with the real engine, and asks for everything in the diary.
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
            Claim::Ended(_) | Claim::Accepted(..) => continue,
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
    /// Whether what had been answered before this instant is there, and nothing that never was.
    fn check(&self, diary: &Diary, answered: &dyn Fn(&str) -> bool, what: &str) {
        for (id, claim) in diary.claims.iter().filter(|(id, _)| answered(id)) {
            let family = |session| {
                let family = self.sessions.get(session);
                family.unwrap_or_else(|| panic!("{what}: {id} was told of a session that is lost"))
            };
            match claim {
                Claim::Registered(email, session) => {
                    assert!(self.users.contains(email), "{what}: the user {email} is lost");
                    family(session);
                }
                Claim::LoggedIn(session) | Claim::Accepted(session, _) => {
                    family(session);
                }
                Claim::Ended(session) => {
                    let standing = family(session).standing;
                    assert_eq!(standing, Standing::Revoked, "{what}: {session} had ended");
                }
            }
        }
        for (session, family) in &self.sessions {
            let newest = diary.newest(session, answered);
            assert!(family.generation.0 <= newest.0 + 1, "{what}: {session}: {family:?}");
            let attempt = |generation: u32| {
                let key = key(Generation(generation));
                (generation > 0).then(|| Attempt::parse(&key).expect("a key"))
            };
            let generation = family.generation.0;
            assert_eq!(family.attempt, attempt(generation), "{what}: {session}");
            let previous = attempt(generation.saturating_sub(1));
            assert_eq!(family.previous_attempt, previous, "{what}: {session}");
        }
    }
}

impl Diary {
    /// The newest generation that was answered as accepted by an instant.
    fn newest(&self, session: &SessionId, answered: &dyn Fn(&str) -> bool) -> Generation {
        let claims = self.claims.iter().filter_map(|(id, claim)| match claim {
            Claim::Accepted(of, generation) if of == session && answered(id) => Some(*generation),
            _ => None,
        });
        claims.max().unwrap_or(Generation(0))
    }

    /// When each answer left, by the number of its event.
    fn sent(&self, events: &[Event]) -> HashMap<String, usize> {
        let mut sent = HashMap::new();
        for (number, event) in events.iter().enumerate() {
            if let Event::Answered { text } = event
                && let Some((_, rest)) = text.split_once("x-request-id: ")
                && let Some((id, _)) = rest.split_once("\r\n")
            {
                sent.insert(id.to_owned(), number);
            }
        }
        for (id, _) in &self.claims {
            assert!(sent.contains_key(id), "{id} was told, but strace did not see it");
        }
        sent
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "a failing test shows how much was looked at")]
async fn what_was_answered_as_lasting_survives_a_power_cut_at_any_instant() {
    let (folder, elsewhere) = (temporary(), temporary());
    let server = Traced::start(folder.path(), &elsewhere.path().join("trace"));
    let mut diary = Diary::default();
    let members = story(&server, &mut diary);
    let events = trace::read(&server.stop());
    let sent = diary.sent(&events);

    let mut disk = Disk::new(folder.path());
    let mut seen: HashMap<u64, Found> = HashMap::new();
    let mut cuts = 0;
    for (number, event) in events.iter().enumerate() {
        disk.apply(event);
        let Some(fates) = fates_worth_a_look(event, number) else { continue };
        for fate in fates {
            let image = disk.after_power_loss(fate);
            if number < first(&sent) && !image.contains_key(DATABASE) {
                continue;
            }
            let mut hasher = DefaultHasher::new();
            image.hash(&mut hasher);
            let print = hasher.finish();
            if !seen.contains_key(&print) {
                seen.insert(print, open(&image, &diary).await);
            }
            let what = format!("power cut after event {number}, {fate:?}");
            seen[&print].check(&diary, &|id| sent[id] <= number, &what);
            cuts += 1;
        }
    }
    println!("{cuts} power cuts, {} different disks, {} events", seen.len(), events.len());
    assert_eq!(disk.after_power_loss(Fate::Arrived), on_disk(folder.path()), "the model is wrong");
    drop(members);
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn first(sent: &HashMap<String, usize>) -> usize {
    sent.values().copied().min().expect("an answer")
}

/// Right after an answer, what was flushed must suffice; right after a flush, and at some answers,
/// the disk may also have done more than it was asked to.
fn fates_worth_a_look(event: &Event, number: usize) -> Option<Vec<Fate>> {
    let more = vec![Fate::Lost, Fate::Arrived, Fate::OnlyTheLast, Fate::Scattered(number as u64)];
    match event {
        Event::Synced { .. } | Event::Removed { .. } => Some(more),
        Event::Answered { .. } if number % 8 == 0 => Some(more),
        Event::Answered { .. } => Some(vec![Fate::Lost]),
        Event::Wrote { .. } | Event::Resized { .. } | Event::Made { .. } => None,
    }
}

/// The database's files as the system has them.
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
