//! The statements that use an idempotency key together with a change.

use shared::UserId;

use super::step::Step;
use crate::store::records::{USED_KEYS_KEPT, UsedKey};
use crate::store::sql;
use crate::store::statement::{Statement, Value};

/// First of all: a copy of the request in another transaction waits here, or finds the key and changes no row.
pub(super) fn use_key(key: &UsedKey) -> Vec<Step> {
    let UsedKey { key_hash, request_hash, user, session, at, makes_room } = key;
    let use_key = Statement::new(sql::USE_KEY)
        .bind(key_hash)
        .bind(request_hash)
        .bind(user.as_bytes())
        .bind(Value::Bytes(session.map(|session| session.as_bytes().to_vec())))
        .bind(*at)
        .bind(at.plus(-UsedKey::RETENTION_SECONDS));
    let mut steps = vec![use_key.condition()];
    if *makes_room {
        let trim = Statement::new(sql::TRIM_USED_KEYS).bind(user.as_bytes());
        steps.push(trim.bind(USED_KEYS_KEPT).beside());
    }
    steps
}

/// All idempotency keys of an account but that of its erasure.
pub(super) fn forget_keys(user: &UserId, but: &[u8]) -> Step {
    Statement::new(sql::FORGET_USED_KEYS).bind(user.as_bytes()).bind(but).beside()
}
