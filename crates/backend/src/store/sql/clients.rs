//! The SQL of services and of native clients, and of what only sessions of native clients need.

use crate::store::statement::SqlText;

pub(in crate::store) const ADD_SERVICE: &str = "
    INSERT INTO services (id, audience, secret_hash, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (id) DO NOTHING";

pub(in crate::store) const REMOVE_SERVICE: &str = "
    DELETE FROM services -- unguarded: a service has no states
    WHERE id = $1";

pub(in crate::store) const FIND_SERVICE: &str =
    "SELECT id, audience, secret_hash, created_at FROM services WHERE id = $1";

pub(in crate::store) const SERVICES: &str =
    "SELECT id, audience, secret_hash, created_at FROM services ORDER BY id";

pub(in crate::store) const ADD_CLIENT: &str = "
    INSERT INTO clients (id, name, created_at) VALUES ($1, $2, $3)
    ON CONFLICT (id) DO NOTHING";

pub(in crate::store) const REMOVE_CLIENT: &str = "
    DELETE FROM clients -- unguarded: a client has no states
    WHERE id = $1";

pub(in crate::store) const FIND_CLIENT: &str =
    "SELECT id, name, created_at FROM clients WHERE id = $1";

pub(in crate::store) const CLIENTS: &str = "SELECT id, name, created_at FROM clients ORDER BY id";

macro_rules! open_session_of_client {
    ($locked:literal) => {
        concat!(
            "
    WITH client AS (SELECT 1 FROM clients WHERE id = $13",
            $locked,
            ")
    INSERT INTO sessions (id, user_id, seed, refresh_key_id, generation, accepted_at, created_at,
                          authenticated_at, address, browser, os, device_kind, client_id)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
    WHERE EXISTS (SELECT 1 FROM client)"
        )
    };
}

/// [`OPEN_SESSION`](super::OPEN_SESSION) for a native client, unless it was removed since it was looked up. That of a
/// browser names no column that an older schema lacks. In PostgreSQL, a removal waits for the uncommitted session, so
/// that it finds and revokes it; in SQLite, writers take turns.
pub(in crate::store) const OPEN_SESSION_OF_CLIENT: SqlText = SqlText {
    sqlite: open_session_of_client!(""),
    postgres: open_session_of_client!(" FOR KEY SHARE"),
};

/// [`SESSIONS_OF`](super::SESSIONS_OF) on a schema without native clients: commands work on an older one.
pub(in crate::store) const SESSIONS_OF_BEFORE_CLIENTS: &str = "
    SELECT id, user_id, seed, refresh_key_id, generation, attempt, previous_attempt,
           accepted_at, created_at, authenticated_at, wanted_at, revoked_at, revoked_because,
           address, browser, os, device_kind, CAST(NULL AS TEXT) AS client_id
    FROM sessions WHERE user_id = $1 AND revoked_at IS NULL
    ORDER BY accepted_at DESC, id DESC LIMIT 1000";

/// [`REVOKE_PART`](super::REVOKE_PART) of one native client's sessions.
pub(in crate::store) const REVOKE_PART_OF_CLIENT: &str = "
    UPDATE sessions SET revoked_at = $3, revoked_because = $4
    WHERE id > $1 AND id <= $2 AND client_id = $5 AND revoked_at IS NULL
    RETURNING id";
