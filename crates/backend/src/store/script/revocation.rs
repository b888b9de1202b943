//! What it takes to revoke sessions: the guarded write, and an event for each session that it has ended.

use shared::{EventKind, SessionId, UserId};

use super::{Step, trim};
use crate::store::change::{Ending, Part, Superseded, Whose};
use crate::store::records::event_prefix;
use crate::store::sql;
use crate::store::statement::Statement;

pub(super) fn end_session(id: SessionId, ending: Ending) -> Vec<Step> {
    let end = Statement::new(sql::END_SESSION).bind(id.as_bytes());
    vec![bind_ending(end, ending).needed().ending_sessions()]
}

/// One that has ended before is no reason not to begin another one.
pub(super) fn end_superseded(Superseded(id, ending): &Superseded) -> Step {
    bind_ending(Statement::new(sql::END_SESSION).bind(id.as_bytes()), *ending).and_end()
}

pub(super) fn end_sessions(whose: &Whose, ending: Ending) -> Vec<Step> {
    match whose {
        Whose::OthersOf(user, session) => {
            vec![end_others(*user, *session, ending).needed().ending_sessions()]
        }
        Whose::Of(user) => vec![
            of_user(sql::END_SOME_OF_USER, *user, ending).needed().ending_sessions(),
            recorded(of_user(sql::RECORD_ENDS_OF_USER, *user, ending), ending),
            trim(*user, EventKind::SessionEnded),
        ],
        Whose::Part(part) => vec![
            of_part(sql::END_PART, part, ending).needed().ending_sessions(),
            recorded(of_part(sql::RECORD_ENDS_OF_PART, part, ending), ending),
        ],
    }
}

pub(super) fn of_user(sql: &'static str, user: UserId, ending: Ending) -> Statement {
    bind_ending(Statement::new(sql).bind(user.as_bytes()), ending)
}

fn of_part(sql: &'static str, part: &Part, ending: Ending) -> Statement {
    let Part { after, up_to, refresh_key_id } = part;
    let range = Statement::new(sql).bind(after.as_bytes()).bind(up_to.as_bytes());
    bind_ending(range, ending).bind(refresh_key_id.clone())
}

/// An event for each session that the step before has ended.
fn recorded(record: Statement, Ending { at, .. }: Ending) -> Step {
    record.bind(&event_prefix(at)).bind(EventKind::SessionEnded.as_str()).beside()
}

pub(super) fn end_others(user: UserId, session: SessionId, ending: Ending) -> Statement {
    let others = Statement::new(sql::END_OTHERS).bind(user.as_bytes()).bind(session.as_bytes());
    bind_ending(others, ending)
}

fn bind_ending(statement: Statement, Ending { cause, at }: Ending) -> Statement {
    statement.bind(at).bind(cause.as_str())
}
