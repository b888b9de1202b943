//! Translates changes into statements, the same for both SQL engines.

mod events;
mod idempotency;
mod keys;
mod prune;
mod revocation;
mod step;

use rotation::Attempt;
use shared::{NumericDate, SessionId, UserId};

use super::change::{Change, PasswordChange, Revocation, Superseded};
use super::records::{
    Accepted, AccountTag, ClientInfo, Event, HeldLifetime, RowVersion, Session, UsedKey, User,
};
use super::sql;
use super::statement::{Statement, Value};
use events::{record, record_alone, trim};
pub(super) use step::Step;

/// The statements of a change: all of its steps take place, or none.
#[derive(Debug, Clone)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// It must be on the disk before it is answered.
    pub(super) must_last: bool,
    /// It may take longer than the timeout of a call.
    pub(super) is_patient: bool,
    /// It changes rows all over the tables and their indexes.
    pub(super) touches_many_pages: bool,
}

impl Script {
    /// The statements of a change and of its security events.
    pub(super) fn of(change: &Change, events: &[Event]) -> Self {
        let must_last = change.must_last();
        let is_patient = matches!(change, Change::PruneErased(_));
        let touches_many_pages = matches!(change, Change::Prune(..) | Change::PruneErased(_));
        let mut steps = steps(change);
        let is_alone = matches!(change, Change::Record);
        for event in events {
            steps.push(if is_alone { record_alone(event) } else { record(event) });
            steps.extend(
                event.user.filter(|_| event.makes_room()).map(|user| trim(user, event.kind)),
            );
        }
        Self { steps, must_last, is_patient, touches_many_pages }
    }

    /// SQLite alone: a commit that changes nothing, for other processes to notice.
    pub(super) fn announcement() -> Self {
        let steps = sql::ANNOUNCE.map(|sql| Statement::new(sql).beside()).into();
        Self { steps, ..Self::of(&Change::Record, &[]) }
    }
}

fn steps(change: &Change) -> Vec<Step> {
    match change {
        Change::Register(user, session, superseded) => register(user, session, superseded),
        Change::AddUser(user) => vec![add_user(user).needed(), forget_failures_of(user)],
        Change::OpenSession { session, seen, superseded } => {
            let hold = Statement::new(sql::HOLD_USER).bind(session.user.as_bytes());
            let mut steps = vec![hold.bind(seen.as_str()).needed(), open_session(session).needed()];
            steps.extend(superseded.iter().map(revocation::revoke_superseded));
            steps
        }
        Change::Accept(id, accepted) => vec![accept(*id, accepted).needed()],
        Change::AcceptAll(all) => {
            let write = |(id, accepted): &_| accepting(sql::ACCEPT_LATE, *id, accepted).counted();
            all.iter().map(write).collect()
        }
        Change::RevokeSession(id, revocation) => revocation::revoke_session(*id, *revocation),
        Change::RevokeSessions(whose, revocation) => {
            revocation::revoke_sessions(whose, *revocation)
        }
        Change::RequireStepUp(session, now) => {
            let want = Statement::new(sql::REQUIRE_STEP_UP).bind(session.as_bytes()).bind(*now);
            vec![want.needed()]
        }
        Change::Confirm { session, at, client } => {
            vec![confirm(*session, *at, client).needed()]
        }
        Change::Rehash { user, seen, hash } => {
            vec![set_password(*user, seen, hash).needed()]
        }
        Change::ChangePassword(change) => change_password(change),
        Change::Respell { user, seen, email } => {
            let respell = Statement::new(sql::RESPELL).bind(user.as_bytes());
            vec![respell.bind(seen.as_str()).bind(email.as_str()).needed()]
        }
        Change::Rename { user, name } => {
            let rename = Statement::new(sql::RENAME).bind(user.as_bytes()).bind(name.clone());
            vec![rename.needed()]
        }
        Change::Disable(user, revocation) => {
            let disable = Statement::new(sql::DISABLE).bind(user.as_bytes()).bind(revocation.at);
            vec![
                disable.needed(),
                revocation::of_user(sql::REVOKE_SOME_OF_USER, *user, *revocation).revoking(),
            ]
        }
        Change::Enable(user) => vec![Statement::new(sql::ENABLE).bind(user.as_bytes()).needed()],
        Change::Erase(user, revocation) => erase(user, *revocation, &[]),
        Change::CountFailure { account, seen, at } => {
            let count = Statement::new(sql::COUNT_FAILURE).bind(&account.0);
            vec![count.bind(*at).bind(*seen).needed()]
        }
        Change::ForgetFailures(account) => {
            vec![forget_failures(*account).needed()]
        }
        Change::Prune(prunable, range) => vec![prune::part(prunable, range).counted()],
        Change::PruneErased(before) => prune::erased(*before).map(Statement::counted).into(),
        Change::AddKey(key) => vec![keys::add(key).needed()],
        Change::RevokeKey { kid, successor, at } => {
            keys::revoke_key(kid, successor.as_deref(), *at)
        }
        Change::ActivateKeyEarly(kid, at) => vec![keys::activate_early(kid, *at).needed()],
        Change::RemoveKey(kid) => vec![about(sql::REMOVE_KEY, kid)],
        Change::HoldLifetimes { held, expired_before } => hold(held, *expired_before),
        Change::AddService(service) => vec![keys::add_service(service).needed()],
        Change::RemoveService(id) => vec![about(sql::REMOVE_SERVICE, id)],
        Change::AddClient(client) => vec![keys::add_client(client).needed()],
        Change::RemoveClient(id) => vec![about(sql::REMOVE_CLIENT, id)],
        Change::Keyed(key, change) => keyed(key, change),
        Change::Record => Vec::new(),
    }
}

fn register(user: &User, session: &Session, superseded: &[Superseded]) -> Vec<Step> {
    let mut steps =
        vec![add_user(user).needed(), open_session(session).needed(), forget_failures_of(user)];
    steps.extend(superseded.iter().map(revocation::revoke_superseded));
    steps
}

fn keyed(key: &UsedKey, change: &Change) -> Vec<Step> {
    let mut steps_with_key = idempotency::use_key(key);
    steps_with_key.extend(match change {
        Change::Erase(user, revocation) => erase(user, *revocation, &key.key_hash),
        change => steps(change),
    });
    steps_with_key
}

fn add_user(user: &User) -> Statement {
    Statement::new(sql::ADD_USER)
        .bind(user.id.as_bytes())
        .bind(user.email.as_str())
        .bind(user.name.clone())
        .bind(user.password_hash.as_str())
        .bind(user.created_at)
}

fn forget_failures(account: AccountTag) -> Statement {
    Statement::new(sql::FORGET_FAILURES).bind(&account.0)
}

/// Wrong passwords from before the account existed are no evidence about its owner.
fn forget_failures_of(user: &User) -> Step {
    forget_failures(AccountTag::of(&user.email)).beside()
}

fn open_session(session: &Session) -> Statement {
    let client_id = session.client_id.as_deref();
    let sql = client_id.map_or(sql::OPEN_SESSION.into(), |_| sql::OPEN_SESSION_OF_CLIENT);
    let open = Statement::new(sql)
        .bind(session.id.as_bytes())
        .bind(session.user.as_bytes())
        .bind(session.seed.as_bytes())
        .bind(session.refresh_key_id.as_str())
        .bind(session.family.generation.0)
        .bind(session.family.accepted_at)
        .bind(session.family.created_at)
        .bind(session.authenticated_at)
        .bind_client_info(&session.client);
    match client_id {
        Some(client_id) => open.bind(client_id),
        None => open,
    }
}

fn accept(id: SessionId, accepted: &Accepted) -> Statement {
    accepting(sql::ACCEPT, id, accepted)
}

fn accepting(
    sql: &'static str,
    id: SessionId,
    Accepted { seen, family, client }: &Accepted,
) -> Statement {
    let hash = |attempt: &Option<Attempt>| {
        Value::Bytes(attempt.as_ref().map(|attempt| attempt.hash().to_vec()))
    };
    Statement::new(sql)
        .bind(id.as_bytes())
        .bind(seen.0)
        .bind(family.generation.0)
        .bind(hash(&family.attempt))
        .bind(hash(&family.previous_attempt))
        .bind(family.accepted_at)
        .bind_client_info(client)
}

/// PostgreSQL alone.
pub(super) fn accept_unchanged(
    id: SessionId,
    accepted: &Accepted,
    version: RowVersion,
) -> Statement {
    let accept = accepting(sql::ACCEPT_UNCHANGED, id, accepted);
    accept.bind(version.session).bind(version.user)
}

fn confirm(session: SessionId, at: NumericDate, client: &ClientInfo) -> Statement {
    Statement::new(sql::CONFIRM).bind(session.as_bytes()).bind(at).bind_client_info(client)
}

fn set_password(user: UserId, seen: &str, hash: &str) -> Statement {
    Statement::new(sql::SET_PASSWORD).bind(user.as_bytes()).bind(seen).bind(hash)
}

fn change_password(change: &PasswordChange) -> Vec<Step> {
    let PasswordChange { user, seen, hash, session, accepted, revocation } = change;
    vec![
        set_password(*user, seen, hash).needed(),
        accept(*session, accepted).needed(),
        confirm(*session, revocation.at, &accepted.client).needed(),
        revocation::revoke_others(*user, *session, *revocation).revoking(),
    ]
}

/// `key_hash` is of the idempotency key of the erasure; empty, if it has none.
fn erase(user: &UserId, revocation: Revocation, key_hash: &[u8]) -> Vec<Step> {
    // No account can have this address, so that the old one is free again.
    let nobody = format!("deleted:{user}");
    let erase = Statement::new(sql::ERASE).bind(user.as_bytes()).bind(revocation.at);
    vec![
        erase.bind(nobody.as_str()).needed(),
        revocation::of_user(sql::REVOKE_ALL_OF_USER, *user, revocation).revoking(),
        Statement::new(sql::CLEAR_CLIENT_INFO).bind(user.as_bytes()).beside(),
        Statement::new(sql::FORGET_EVENTS).bind(user.as_bytes()).beside(),
        idempotency::forget_keys(user, key_hash),
    ]
}

fn hold(held: &[HeldLifetime], expired_before: NumericDate) -> Vec<Step> {
    let expire = Statement::new(sql::EXPIRE_LIFETIMES).bind(expired_before).beside();
    let hold = held.iter().map(|HeldLifetime { setting, seconds, held_until }| {
        let hold = Statement::new(sql::HOLD_LIFETIME).bind(setting.as_str());
        hold.bind(*seconds).bind(*held_until).counted()
    });
    hold.chain([expire]).collect()
}

fn about(sql: &'static str, name: &str) -> Step {
    Statement::new(sql).bind(name).needed()
}
