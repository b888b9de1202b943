//! The statements that record security events and keep their number bounded.

use shared::{EventKind, UserId};

use super::step::Step;
use crate::store::records::{EVENTS_KEPT, Event};
use crate::store::sql;
use crate::store::statement::{Statement, Value};

/// Prunes now and then: to check whether there is too much costs more than to add one.
pub(super) fn trim(user: UserId, kind: EventKind) -> Step {
    let trim = Statement::new(sql::TRIM_EVENTS).bind(user.as_bytes()).bind(kind.as_str());
    trim.bind(EVENTS_KEPT).beside()
}

/// An event beside a change.
pub(super) fn record(event: &Event) -> Step {
    recorded(Statement::new(sql::RECORD), event)
}

/// An event without a change: its statement takes the lock which the change would hold.
pub(super) fn record_alone(event: &Event) -> Step {
    recorded(Statement::new(sql::RECORD_ALONE), event)
}

fn recorded(record: Statement, event: &Event) -> Step {
    let Event { id, kind, at, user, session, reason, client } = event;
    record
        .bind(id.as_bytes())
        .bind(Value::Bytes(user.map(|user| user.as_bytes().to_vec())))
        .bind(Value::Bytes(session.map(|session| session.as_bytes().to_vec())))
        .bind(kind.as_str())
        .bind(*at)
        .bind(reason.map(|reason| reason.as_str().to_owned()))
        .bind_client_info(client)
        .beside()
}
