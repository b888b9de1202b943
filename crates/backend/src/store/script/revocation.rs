//! The statements that revoke sessions: the conditional write, and an event for each session that it has revoked.

use shared::{EventKind, SessionId, UserId};

use super::events::trim;
use super::step::Step;
use crate::store::change::{Part, PartScope, Revocation, SessionScope, Superseded};
use crate::store::records::event_prefix;
use crate::store::sql;
use crate::store::statement::{SqlText, Statement};

pub(super) fn revoke_session(id: SessionId, revocation: Revocation) -> Vec<Step> {
    let end = Statement::new(sql::REVOKE_SESSION).bind(id.as_bytes());
    vec![bind_revocation(end, revocation).needed().revoking_sessions()]
}

/// If it was revoked before, the new session begins all the same.
pub(super) fn revoke_superseded(Superseded(id, revocation): &Superseded) -> Step {
    bind_revocation(Statement::new(sql::REVOKE_SESSION).bind(id.as_bytes()), *revocation).revoking()
}

pub(super) fn revoke_sessions(whose: &SessionScope, revocation: Revocation) -> Vec<Step> {
    match whose {
        SessionScope::OthersOf(user, session) => {
            vec![revoke_others(*user, *session, revocation).needed().revoking_sessions()]
        }
        SessionScope::User(user) => vec![
            of_user(sql::REVOKE_SOME_OF_USER, *user, revocation).needed().revoking_sessions(),
            recorded(of_user(sql::RECORD_REVOCATIONS_OF_USER, *user, revocation), revocation),
            trim(*user, EventKind::SessionEnded),
        ],
        SessionScope::Part(part) => {
            let (revoke, key, of) = match &part.scope {
                PartScope::All => (sql::REVOKE_PART, None, None),
                PartScope::RefreshKey(kid) => (sql::REVOKE_PART, Some(kid), Some(kid)),
                // A session that was revoked otherwise, in this second and for this reason, has the same event.
                PartScope::Client(id) => (sql::REVOKE_PART_OF_CLIENT, None, Some(id)),
            };
            let revoke = of_part(revoke, part, revocation).bind(of.cloned());
            let record = of_part(sql::RECORD_REVOCATIONS_OF_PART, part, revocation);
            vec![
                revoke.needed().revoking_sessions(),
                recorded(record.bind(key.cloned()), revocation),
            ]
        }
    }
}

pub(super) fn of_user(sql: impl Into<SqlText>, user: UserId, revocation: Revocation) -> Statement {
    bind_revocation(Statement::new(sql).bind(user.as_bytes()), revocation)
}

fn of_part(sql: impl Into<SqlText>, part: &Part, revocation: Revocation) -> Statement {
    let Part { after, up_to, .. } = part;
    let range = Statement::new(sql).bind(after.as_bytes()).bind(up_to.as_bytes());
    bind_revocation(range, revocation)
}

/// An event for each session that the step before has revoked.
fn recorded(record: Statement, Revocation { at, .. }: Revocation) -> Step {
    record.bind(&event_prefix(at)).bind(EventKind::SessionEnded.as_str()).beside()
}

pub(super) fn revoke_others(user: UserId, session: SessionId, revocation: Revocation) -> Statement {
    let others = Statement::new(sql::REVOKE_OTHERS).bind(user.as_bytes()).bind(session.as_bytes());
    bind_revocation(others, revocation)
}

fn bind_revocation(statement: Statement, Revocation { reason, at }: Revocation) -> Statement {
    statement.bind(at).bind(reason.as_str())
}
