//! What is being typed, for as long as the page is open: who has to log in again, or looks at another page
//! meanwhile, finds it where it was. It is in memory only, and nobody else's: another user does not see it.

use leptos::prelude::*;
use shared::note::Note;
use shared::{RevocationReason, NoteId, UserId};

use crate::session::{AuthState, Session, SignOutReason};

/// What a form begins with.
#[derive(Clone, Default)]
pub(super) struct Draft {
    /// What is to be replaced, in the version that was read; nothing if this is a new note.
    pub(super) base: Option<(NoteId, String)>,
    pub(super) title: String,
    pub(super) text: String,
    /// What somebody else has stored since, which the user has not answered yet.
    pub(super) stored: Option<Note>,
    /// Whether it was sent as a new note, and it is not known what became of it.
    pub(super) unsure: Unsure,
}

/// Whether it is not known if a new note was stored.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Unsure {
    /// It was not sent, or was answered.
    #[default]
    No,
    /// No answer has come. Its key is kept: sent as it is, it is not stored twice.
    Yes,
    /// The same, and the session has ended since, and the key with it.
    KeyGone,
}

/// What is being written.
#[derive(Clone)]
pub(super) enum Target {
    New,
    One(NoteId),
    /// What was being written when the page went away.
    Kept(Draft),
}

impl Target {
    pub(super) const fn id(&self) -> Option<NoteId> {
        match self {
            Self::New | Self::Kept(Draft { base: None, .. }) => None,
            Self::One(id) | Self::Kept(Draft { base: Some((id, _)), .. }) => Some(*id),
        }
    }
}

/// The one draft there is.
#[derive(Clone, Copy)]
pub(crate) struct Drafts(StoredValue<Option<(UserId, Draft)>>);

impl Drafts {
    /// None yet. Nothing stays behind of a user who logs out, in whichever tab, or deletes the account.
    pub(crate) fn new(session: Session) -> Self {
        let drafts = Self(StoredValue::new(None));
        Effect::new(move |_| match session.auth_state() {
            AuthState::SignedOut(Some(
                SignOutReason::LoggedOut
                | SignOutReason::LoggedOutHereOnly
                | SignOutReason::LoggedOutElsewhere
                | SignOutReason::Ended(Some(RevocationReason::Logout | RevocationReason::Deleted)),
            )) => drafts.forget(),
            AuthState::SignedOut(Some(_)) => drafts.lose_the_key(),
            _ => {}
        });
        drafts
    }

    fn lose_the_key(self) {
        self.0.update_value(|kept| {
            if let Some((_, draft)) = kept
                && draft.unsure == Unsure::Yes
            {
                draft.unsure = Unsure::KeyGone;
            }
        });
    }

    pub(super) fn keep(self, session: Session, draft: Draft) {
        // A session that has just ended takes nothing along.
        if let Some(user) = user(session) {
            self.0.set_value(Some((user, draft)));
        }
    }

    /// It is stored now. The user may be writing something else by then.
    pub(super) fn stored(self, title: &str, text: &str) {
        self.0.update_value(|kept| {
            kept.take_if(|(_, draft)| draft.title == title && draft.text == text);
        });
    }

    pub(super) fn forget(self) {
        self.0.set_value(None);
    }

    /// What this user was typing. What somebody else was typing is forgotten.
    pub(super) fn of(self, session: Session) -> Option<Draft> {
        let kept = self.0.get_value().filter(|(whose, _)| user(session).as_ref() == Some(whose));
        if kept.is_none() {
            self.forget();
        }
        kept.map(|(_, draft)| draft)
    }
}

fn user(session: Session) -> Option<UserId> {
    match session.auth_state_untracked() {
        AuthState::SignedIn(signed_in) => Some(signed_in.user.id),
        _ => None,
    }
}
