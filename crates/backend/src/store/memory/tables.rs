//! The tables in memory, and what each change does to them: the same in Rust as the other engines' SQL.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::{EventId, NumericDate, SessionId, UserId};

use crate::auth::account::email::Email;
use crate::store::change::{Change, Outcome, PasswordChange, SessionScope};
use crate::store::prunable::Prunable;
use crate::store::records::{
    Accepted, AccountTag, ClientInfo, EVENTS_KEPT, Event, Failures, HeldLifetime, NativeClient,
    Service, Session, StoredKey, UsedKey, User,
};

const DAY: i64 = 86_400;

/// All tables.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) erased: BTreeSet<UserId>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) revoked_at: HashMap<SessionId, NumericDate>,
    pub(super) events: BTreeMap<EventId, Event>,
    /// The first and the last refresh of each day.
    pub(super) refresh_days: BTreeMap<i64, (NumericDate, NumericDate)>,
    pub(super) failures: BTreeMap<AccountTag, Failures>,
    pub(super) used_keys: BTreeMap<[u8; 32], UsedKey>,
    pub(super) keys: Vec<StoredKey>,
    pub(super) lifetimes: Vec<HeldLifetime>,
    pub(super) services: BTreeMap<String, Service>,
    pub(super) clients: BTreeMap<String, NativeClient>,
}

impl Tables {
    /// Carries a change out whole, or not at all.
    pub(super) fn apply(&mut self, change: Change) -> Outcome {
        match change {
            Change::Register(user, session, superseded) => {
                let done = self.register(*user, *session);
                self.and_revoke_superseded(done, &superseded)
            }
            Change::AddUser(user) => rows(self.add_user(*user)),
            Change::OpenSession { session, seen, superseded } => {
                let done = self.open_session(*session, &seen);
                self.and_revoke_superseded(done, &superseded)
            }
            Change::Accept(id, accepted) => rows(self.accept(id, *accepted)),
            Change::AcceptAll(all) => {
                let written = all.into_iter().filter(|(id, accepted)| {
                    let new = accepted.family.generation;
                    let behind = self.sessions.get(id).map(|session| session.family.generation);
                    behind.is_some_and(|it| {
                        (accepted.seen..new).contains(&it)
                            && self.accept(*id, Accepted { seen: it, ..accepted.clone() })
                    })
                });
                Outcome { rows: written.count() as u64, revoked: Vec::new() }
            }
            Change::RevokeSession(id, revocation) => self.revoke_one(id, revocation),
            Change::RevokeSessions(whose, revocation) => self.revoke_sessions(&whose, revocation),
            Change::RequireStepUp(session, now) => {
                let calm =
                    self.live(session).filter(|session| session.step_up_required_at.is_none());
                rows(calm.map(|session| session.step_up_required_at = Some(now)).is_some())
            }
            Change::Confirm { session, at, client } => rows(self.confirm(session, at, client)),
            Change::Rehash { user, seen, hash } => rows(self.set_password(user, &seen, hash)),
            Change::ChangePassword(change) => self.change_password(*change),
            Change::Respell { user, seen, email } => rows(self.respell(user, &seen, email)),
            Change::Rename { user, name } => {
                let enabled = self.enabled(user);
                rows(enabled.map(|user| user.name = name).is_some())
            }
            Change::Disable(user, revocation) => {
                let enabled = self.enabled(user);
                let done = enabled.map(|user| user.disabled_at = Some(revocation.at)).is_some();
                self.and_revoke(done, &SessionScope::User(user), revocation)
            }
            Change::Enable(user) => rows(self.enable(user)),
            Change::Erase(user, revocation) => {
                let done = self.erase(user, revocation.at);
                let outcome = self.and_revoke_all_of(done, user, revocation);
                self.forget_traces(user, done);
                outcome
            }
            Change::CountFailure { account, seen, at } => rows(self.count(account, seen, at)),
            Change::ForgetFailures(account) => rows(self.failures.remove(&account).is_some()),
            Change::Prune(Prunable::Sessions(before), range) => self.prune_sessions(range, before),
            Change::Prune(Prunable::Events(before), range) => self.prune_events(range, before),
            Change::Prune(Prunable::Failures(before), range) => self.prune_failures(range, before),
            Change::Prune(Prunable::UsedKeys(before), range) => self.prune_used_keys(range, before),
            Change::PruneErased(before) => self.prune_erased(before),
            Change::AddKey(key) => rows(self.add_key(*key)),
            Change::RevokeKey { kid, successor, at } => rows(self.revoke_key(&kid, successor, at)),
            Change::ActivateKeyEarly(kid, at) => rows(self.activate_key_early(&kid, at)),
            Change::RemoveKey(kid) => rows(self.remove_key(&kid)),
            Change::HoldLifetimes { held, expired_before } => self.hold(held, expired_before),
            Change::AddService(service) => rows(self.add_service(*service)),
            Change::RemoveService(id) => rows(self.services.remove(&id).is_some()),
            Change::AddClient(client) => rows(self.add_client(*client)),
            Change::RemoveClient(id) => rows(self.clients.remove(&id).is_some()),
            Change::Keyed(key, change) => self.apply_keyed(*key, *change),
            Change::Record => Outcome::default(),
        }
    }

    /// No event is recorded of an account that was deleted a moment ago.
    pub(super) fn record(&mut self, events: Vec<Event>) {
        let recorded = events.into_iter().filter(|event| {
            let is_there = |user| self.users.contains_key(&user) && !self.erased.contains(&user);
            event.user.is_none_or(is_there)
        });
        for event in recorded.collect::<Vec<_>>() {
            let (user, kind, makes_room) = (event.user, event.kind, event.makes_room());
            self.events.insert(event.id, event);
            if user.is_some() && makes_room {
                let same = self.events.values().rev();
                let same = same.filter(|event| event.user == user && event.kind == kind);
                let old = same.map(|event| event.id).skip(EVENTS_KEPT as usize).take(200);
                for id in old.collect::<Vec<_>>() {
                    self.events.remove(&id);
                }
            }
        }
    }

    fn apply_keyed(&mut self, key: UsedKey, change: Change) -> Outcome {
        let oldest = key.at.plus(-UsedKey::RETENTION_SECONDS);
        if self.used_keys.get(&key.key_hash).is_some_and(|used| used.at >= oldest) {
            return Outcome::default();
        }
        let records_only = matches!(change, Change::Record);
        let outcome = self.apply(change);
        if outcome.took_place() || records_only {
            self.used_keys.insert(key.key_hash, UsedKey { makes_room: false, ..key });
            if key.makes_room {
                self.trim_used_keys(key.user);
            }
        }
        outcome
    }

    fn hold(&mut self, held: Vec<HeldLifetime>, expired_before: NumericDate) -> Outcome {
        let mut rows = 0;
        for new in held {
            let same = |it: &HeldLifetime| (it.setting, it.seconds) == (new.setting, new.seconds);
            let until = self.lifetimes.iter().find(|it| same(it)).map(|it| it.held_until);
            if until.is_none_or(|until| until < new.held_until) {
                self.lifetimes.retain(|it| !same(it));
                self.lifetimes.push(new);
                rows += 1;
            }
        }
        self.lifetimes.retain(|it| it.held_until >= expired_before);
        Outcome { rows, revoked: Vec::new() }
    }

    fn count(&mut self, account: AccountTag, seen: u32, at: NumericDate) -> bool {
        let known = self.failures.get(&account).map(|failures| failures.count);
        let stands = known.is_none_or(|count| count == seen);
        if stands {
            let count = known.unwrap_or_default() + 1;
            self.failures.insert(account, Failures { count, last_at: at });
        }
        stands
    }

    fn register(&mut self, user: User, session: Session) -> bool {
        let added = self.add_user(user);
        if added {
            self.sessions.insert(session.id, session);
        }
        added
    }

    fn add_user(&mut self, user: User) -> bool {
        let taken = self.users.values().any(|known| known.email == user.email);
        if !taken {
            self.failures.remove(&AccountTag::of(&user.email));
            self.users.insert(user.id, user);
        }
        !taken
    }

    fn respell(&mut self, user: UserId, seen: &Email, email: Email) -> bool {
        let is_taken = self.users.values().any(|known| known.email == email);
        let user = self.users.get_mut(&user).filter(|user| user.email == *seen && !is_taken);
        user.map(|user| user.email = email).is_some()
    }

    fn enabled(&mut self, user: UserId) -> Option<&mut User> {
        self.users.get_mut(&user).filter(|user| user.disabled_at.is_none())
    }

    fn live(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.get_mut(&id).filter(|session| session.is_live())
    }

    fn open_session(&mut self, session: Session, seen: &str) -> bool {
        let is_removed =
            session.client_id.as_ref().is_some_and(|client| !self.clients.contains_key(client));
        let user = self.enabled(session.user);
        let stands = !is_removed && user.is_some_and(|user| user.password_hash == seen);
        if stands {
            self.sessions.insert(session.id, session);
        }
        stands
    }

    fn accept(&mut self, id: SessionId, Accepted { seen, family, client }: Accepted) -> bool {
        match self.live(id) {
            Some(session) if session.family.generation == seen => {
                let at = family.accepted_at;
                session.family = family;
                session.client = client;
                let (_, last) = self.refresh_days.entry(at.0 / DAY).or_insert((at, at));
                *last = at.max(*last);
                true
            }
            _ => false,
        }
    }

    fn confirm(&mut self, id: SessionId, at: NumericDate, client: ClientInfo) -> bool {
        let session = self.live(id);
        session
            .map(|session| {
                session.authenticated_at = at;
                session.step_up_required_at = None;
                session.client = client;
            })
            .is_some()
    }

    fn set_password(&mut self, user: UserId, seen: &str, hash: String) -> bool {
        match self.enabled(user) {
            Some(user) if user.password_hash == seen => {
                user.password_hash = hash;
                true
            }
            _ => false,
        }
    }

    fn change_password(&mut self, change: PasswordChange) -> Outcome {
        let PasswordChange { user, seen, hash, session, accepted, revocation } = change;
        let stands = self.enabled(user).is_some_and(|user| user.password_hash == seen);
        // All of them or none.
        let client = accepted.client.clone();
        let done = stands
            && self.accept(session, accepted)
            && self.confirm(session, revocation.at, client)
            && self.set_password(user, &seen, hash);
        self.and_revoke(done, &SessionScope::OthersOf(user, session), revocation)
    }

    fn enable(&mut self, user: UserId) -> bool {
        let disabled = self.users.get_mut(&user).filter(|user| user.disabled_at.is_some());
        let disabled = disabled.filter(|user| !self.erased.contains(&user.id));
        disabled.map(|user| user.disabled_at = None).is_some()
    }

    fn erase(&mut self, id: UserId, now: NumericDate) -> bool {
        let Some(user) = self.enabled(id) else { return false };
        user.email = Email::from_stored(format!("deleted:{id}"));
        user.name = None;
        user.password_hash.clear();
        user.disabled_at = Some(now);
        self.erased.insert(id);
        true
    }

    fn forget_traces(&mut self, user: UserId, done: bool) {
        if done {
            self.events.retain(|_, event| event.user != Some(user));
            self.used_keys.retain(|_, key| key.user != user);
            let sessions = self.sessions.values_mut().filter(|session| session.user == user);
            sessions.for_each(|session| session.client = ClientInfo::unknown());
        }
    }
}

const fn rows(done: bool) -> Outcome {
    Outcome { rows: done as u64, revoked: Vec::new() }
}
