//! What an administrator does to accounts and sessions, without being anybody's user. It must not know who
//! the administrator is: whoever may use the database's credentials may do all of this.

use shared::body::RegisterRequest;
use shared::{EndCause, EventKind, SessionId};

use super::AuthError;
use super::accounts::validated;
use super::email::Email;
use super::journal::Journal;
use super::password::{Lane, Passwords};
use crate::store::{AccountTag, Change, Event, Outcome, StoreError, User, Whence, Whose};

/// How many events are stored at once.
const BATCH: usize = 100;

/// Accounts and sessions in an administrator's hands.
pub struct Administration {
    /// Where they are stored, and told of.
    pub journal: Journal,
    /// Hashes the passwords of new users.
    pub passwords: Passwords,
}

impl Administration {
    /// Adds a user who has no session yet, by the rules that hold for everybody.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] with every field that breaks a rule, [`AuthError::EmailTaken`], or a
    /// failure of storage.
    pub async fn add_user(&self, request: &RegisterRequest) -> Result<User, AuthError> {
        let (email, name) = validated(request)?;
        let now = self.journal.now();
        let user = User {
            id: self.journal.entropy.user_id(now),
            email,
            name,
            password_hash: self.passwords.hash(&request.password, Lane::Everyone).await?,
            created_at: now,
            disabled_at: None,
        };
        let add = Change::AddUser(Box::new(user.clone()));
        let added =
            self.journal.commit(add, vec![self.event(EventKind::Registered, &user)]).await?;
        if added.took_place() { Ok(user) } else { Err(AuthError::EmailTaken) }
    }

    /// The user with this email address, however it is written.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn find(&self, email: &str) -> Result<Option<User>, StoreError> {
        match Email::parse(email) {
            Some(email) => self.journal.store.find_user(&email).await,
            None => Ok(None),
        }
    }

    /// From now on the user may not log in, and all of their sessions are over. How many that were.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn disable(&self, user: &User) -> Result<usize, StoreError> {
        let ending = self.journal.ending(EndCause::Disabled);
        let event = self.event(EventKind::Disabled, user).because(EndCause::Disabled);
        let disable = Change::Disable(user.id, ending);
        Ok(self.journal.commit(disable, vec![event]).await?.ended.len())
    }

    /// From now on the user may log in, and logins that failed before do not count.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn enable(&self, user: &User) -> Result<(), StoreError> {
        let event = self.event(EventKind::Enabled, user);
        self.journal.commit(Change::Enable(user.id), vec![event]).await?;
        let forget = Change::ForgetFailures(AccountTag::of(&user.email));
        self.journal.commit(forget, Vec::new()).await?;
        Ok(())
    }

    /// Ends all of a user's sessions. How many that were.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn end_sessions(&self, user: &User) -> Result<usize, StoreError> {
        let sessions = self.journal.store.sessions_of(user.id).await?;
        let events = sessions.iter().map(|session| self.end_of(session.id, user)).collect();
        let ending = self.journal.ending(EndCause::Administrator);
        let end = Change::EndSessions(Whose::Of(user.id), ending);
        Ok(self.journal.commit(end, events).await?.ended.len())
    }

    /// Ends everyone's sessions: at once, and tells of each afterwards. How many that were.
    ///
    /// # Errors
    /// If storage fails. If it fails while the ends are told of, they stand all the same.
    pub async fn end_everyones(&self) -> Result<usize, StoreError> {
        let ending = self.journal.ending(EndCause::Administrator);
        let end = Change::EndSessions(Whose::Everyones, ending);
        let Outcome { ended, .. } = self.journal.commit(end, Vec::new()).await?;
        for sessions in ended.chunks(BATCH) {
            let mut events = Vec::with_capacity(BATCH);
            for &session in sessions {
                let found = self.journal.store.find_session(session).await?;
                events.extend(found.map(|(_, user)| self.end_of(session, &user)));
            }
            self.journal.note(events).await;
        }
        Ok(ended.len())
    }

    fn end_of(&self, session: SessionId, user: &User) -> Event {
        let event = self.event(EventKind::SessionEnded, user).in_session(session);
        event.because(EndCause::Administrator)
    }

    fn event(&self, kind: EventKind, user: &User) -> Event {
        self.journal.event(kind, Some(user.id), &Whence::unknown())
    }
}
