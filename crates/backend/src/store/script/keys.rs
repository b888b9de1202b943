//! The statements about the key ring, about services that trust it, and about native clients.

use shared::NumericDate;

use super::step::Step;
use crate::store::records::{NativeClient, Service, StoredKey};
use crate::store::sql;
use crate::store::statement::Statement;

pub(super) fn add(key: &StoredKey) -> Statement {
    Statement::new(sql::ADD_KEY)
        .bind(key.kid.as_str())
        .bind(key.purpose.as_str())
        .bind(key.predecessor.as_str())
        .bind(key.sealed.as_slice())
        .bind(key.published_at)
        .bind(key.signs_from)
}

pub(super) fn activate_early(kid: &str, at: NumericDate) -> Statement {
    Statement::new(sql::ACTIVATE_KEY_EARLY).bind(kid).bind(at)
}

pub(super) fn revoke_key(kid: &str, successor: Option<&StoredKey>, at: NumericDate) -> Vec<Step> {
    let mut steps = vec![Statement::new(sql::REVOKE_KEY).bind(kid).bind(at).needed()];
    // Another instance may have added one a moment ago: then that one is the successor.
    steps.extend(successor.map(|successor| add(successor).beside()));
    steps
}

pub(super) fn add_service(service: &Service) -> Statement {
    Statement::new(sql::ADD_SERVICE)
        .bind(service.id.as_str())
        .bind(service.audience.as_str())
        .bind(&service.secret_hash)
        .bind(service.created_at)
}

pub(super) fn add_client(client: &NativeClient) -> Statement {
    let add = Statement::new(sql::ADD_CLIENT).bind(client.id.as_str());
    add.bind(client.name.clone()).bind(client.created_at)
}
