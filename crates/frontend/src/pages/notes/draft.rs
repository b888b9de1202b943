//! The draft of a note, in memory while the page is open: it survives another login of the same user, and a visit to
//! another page. Another user must not see it.

use leptos::prelude::*;
use shared::note::Note;
use shared::{RevocationReason, NoteId, UserId};

use crate::session::{AuthState, Session, SignOutReason};

/// The initial content of the form.
#[derive(Clone, Default)]
pub(super) struct Draft {
    /// The note and the version that was read; `None` for a new note.
    pub(super) base: Option<(NoteId, String)>,
    pub(super) title: String,
    pub(super) text: String,
    /// A newer stored version, which the user has not decided about yet.
    pub(super) stored: Option<Note>,
    /// Whether it is uncertain that a new note was stored.
    pub(super) unsure: Unsure,
}

/// Whether the request for a new note is unanswered.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Unsure {
    /// Not sent, or answered.
    #[default]
    No,
    /// Unanswered. The idempotency key is pending: a retry of the same note is not stored twice.
    Yes,
    /// Unanswered, and the session has ended, which removed the idempotency key.
    KeyGone,
}

/// The note that the editor opens.
#[derive(Clone)]
pub(super) enum Target {
    New,
    One(NoteId),
    /// The draft from before the page was left.
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

/// The one draft.
#[derive(Clone, Copy)]
pub(crate) struct Drafts(StoredValue<Option<(UserId, Draft)>>);

impl Drafts {
    /// No draft yet. A logout in any tab, and the deletion of the account, remove the draft.
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
        // A session that has just ended must not keep a draft.
        if let Some(user) = user(session) {
            self.0.set_value(Some((user, draft)));
        }
    }

    /// Removes the stored draft, unless the user is writing another one by now.
    pub(super) fn stored(self, title: &str, text: &str) {
        self.0.update_value(|kept| {
            kept.take_if(|(_, draft)| draft.title == title && draft.text == text);
        });
    }

    pub(super) fn forget(self) {
        self.0.set_value(None);
    }

    /// The draft of this user. A draft of another user is removed.
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
