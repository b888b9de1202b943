//! A write connection over a fresh database, and changes to commit on it, for the tests of this folder.

use std::sync::Arc;

use rotation::{Family, Generation, Seed};
use shared::{EventId, EventKind, NumericDate, RevocationReason, SessionId, UserId};
use tempfile::TempDir;

use super::file::DatabaseFile;
use super::write_connection::WriteConnection;
use crate::auth::account::email::Email;
use crate::store::script::Script;
use crate::store::statement::Statement;
use crate::store::{Accepted, Change, ClientInfo, Event, Revocation, Session, User};

const NOW: NumericDate = NumericDate(1_800_000_000);
const HASH: &str = "$argon2id$";
/// Executing this panics.
pub(super) const PANIC: &str = "panic";

/// A write connection, and the folder its database is in.
pub(super) async fn write_connection() -> (WriteConnection, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let options = super::options(&url).expect("valid options");
    let file = Arc::new(DatabaseFile::open(options.get_filename(), true).expect("a file"));
    (WriteConnection::open(options, file, true).await.expect("a write connection"), folder)
}

fn user(number: u8) -> User {
    User {
        id: UserId::from_bytes([number; 16]),
        email: Email::parse(&format!("user{number}@example.com")).expect("an address"),
        name: None,
        password_hash: HASH.to_owned(),
        created_at: NOW,
        disabled_at: None,
    }
}

fn session_of(user: u8, number: u8) -> Session {
    Session {
        id: SessionId::from_bytes([number; 16]),
        user: UserId::from_bytes([user; 16]),
        seed: Seed::from_bytes([number; 32]),
        refresh_key_id: "key-1".to_owned(),
        family: Family::begun(NOW),
        authenticated_at: NOW,
        step_up_required_at: None,
        client: ClientInfo::unknown(),
        client_id: None,
    }
}

/// User `user` with their first session.
pub(super) fn register(user_number: u8, session: u8) -> Script {
    let session = session_of(user_number, session);
    script(Change::Register(Box::new(user(user_number)), Box::new(session), Vec::new()))
}

/// The same with a name longer than a full disk has room for.
pub(super) fn register_at_length(user_number: u8, session: u8) -> Script {
    let long = User { name: Some("x".repeat(100_000)), ..user(user_number) };
    script(Change::Register(Box::new(long), Box::new(session_of(user_number, session)), Vec::new()))
}

pub(super) fn open_session(user: u8, number: u8) -> Script {
    let session = Box::new(session_of(user, number));
    script(Change::OpenSession { session, seen: HASH.to_owned(), superseded: Vec::new() })
}

/// The first rotation of a session.
pub(super) fn accept(session: u8) -> Script {
    Script::of(&first_rotation(session), &[])
}

/// The same with the event of this number.
pub(super) fn accept_and_record(session: u8, event: u8) -> Script {
    let event = Event {
        id: EventId::from_bytes([event; 16]),
        kind: EventKind::Recovered,
        at: NOW,
        user: None,
        session: None,
        reason: None,
        client: ClientInfo::unknown(),
    };
    Script::of(&first_rotation(session), &[event])
}

fn first_rotation(session: u8) -> Change {
    let begun = Family::begun(NOW);
    let family = begun.accepted(Generation(1), None, NOW);
    let accepted = Accepted { seen: Generation(0), family, client: ClientInfo::unknown() };
    Change::Accept(SessionId::from_bytes([session; 16]), Box::new(accepted))
}

pub(super) fn revoke(session: u8) -> Script {
    let revocation = Revocation { reason: RevocationReason::Logout, at: NOW };
    script(Change::RevokeSession(SessionId::from_bytes([session; 16]), revocation))
}

/// Takes the write lock and releases it.
pub(super) fn nothing() -> Script {
    script(Change::Record)
}

/// Shows what happens to the other changes.
pub(super) fn panicking() -> Script {
    let mut script = register(1, 1);
    script.steps[0].statement = Statement::new(PANIC);
    script
}

fn script(change: Change) -> Script {
    Script::of(&change, &[])
}
