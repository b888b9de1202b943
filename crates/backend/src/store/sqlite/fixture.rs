//! A desk over a fresh database, and changes to put on it, for the tests of this folder.

use std::sync::Arc;

use rotation::{Family, Generation, Seed};
use shared::{NumericDate, SessionId, UserId};
use tempfile::TempDir;

use super::change::Change;
use super::desk::Desk;
use super::file::DatabaseFile;
use crate::auth::email::Email;
use crate::store::{Accepted, EndCause, Session, User};

const NOW: NumericDate = NumericDate(1_800_000_000);

/// A desk, and the folder its database is in.
pub(super) async fn desk() -> (Desk, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let options = super::options(&url).expect("valid options");
    let file = Arc::new(DatabaseFile::open(options.get_filename()).expect("a file"));
    (Desk::open(options, file).await.expect("a desk"), folder)
}

fn user(number: u8) -> User {
    User {
        id: UserId::from_bytes([number; 16]),
        email: Email::parse(&format!("user{number}@example.com")).expect("an address"),
        name: None,
        password_hash: "$argon2id$".to_owned(),
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
    }
}

/// User `user` with their first session.
pub(super) fn register(user_number: u8, session: u8) -> Change {
    let session = session_of(user_number, session);
    Change::Register(Box::new(user(user_number)), Box::new(session))
}

/// The same, and more of a user than a full disk has room for.
pub(super) fn register_at_length(user_number: u8, session: u8) -> Change {
    let long = User { name: Some("x".repeat(100_000)), ..user(user_number) };
    Change::Register(Box::new(long), Box::new(session_of(user_number, session)))
}

pub(super) fn open_session(user: u8, number: u8) -> Change {
    Change::OpenSession(Box::new(session_of(user, number)))
}

/// The first rotation of a session.
pub(super) fn accept(session: u8) -> Change {
    let begun = Family::begun(NOW);
    let family = begun.accepted(Generation(1), None, NOW);
    Change::Accept(SessionId::from_bytes([session; 16]), Accepted { seen: Generation(0), family })
}

pub(super) fn revoke(session: u8) -> Change {
    Change::Revoke(SessionId::from_bytes([session; 16]), EndCause::Logout, NOW)
}
