//! Reads a session, and its version where rows have one: in PostgreSQL. There it is the id of the transaction that
//! wrote the row (`xmin`), which is another one after every transaction that changed it, of this program or of a
//! console. Ids come again after four billion transactions, and after a crash or a failover that lost some: so what
//! decides is compared as well.

/// A session and its user, with more columns.
macro_rules! find_session {
    ($more:literal) => {
        concat!(
            "
    SELECT s.id, s.user_id, s.seed, s.refresh_key_id, s.generation, s.attempt, s.previous_attempt,
           s.accepted_at, s.created_at, s.authenticated_at, s.wanted_at, s.revoked_at, s.revoked_because,
           s.address, s.browser, s.os, s.device_kind, s.client_id,
           u.email, u.name, u.password_hash, u.created_at AS user_created_at, u.disabled_at",
            $more,
            "
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = $1"
        )
    };
}

pub(in crate::store) const FIND_SESSION: &str = find_session!("");

/// [`FIND_SESSION`] with the versions of both rows. The type of `xmin` casts to text alone.
pub(in crate::store) const FIND_VERSIONED: &str = find_session!(
    ", s.xmin::text::bigint AS session_version, u.xmin::text::bigint AS user_version"
);

/// [`ACCEPT`](super::ACCEPT), if neither row has changed since it had the version that is known. `$5`, the attempt
/// before, is the one that is stored: only the next generation is accepted so. The `+` leaves PostgreSQL one index.
pub(in crate::store) const ACCEPT_UNCHANGED: &str = "
    UPDATE sessions AS s SET generation = $3, attempt = $4, previous_attempt = $5, accepted_at = $6,
                             address = $7, browser = $8, os = $9, device_kind = $10
    FROM users AS u
    WHERE s.id = $1 AND s.generation = $2 AND +s.revoked_at IS NULL AND s.wanted_at IS NULL
      AND s.attempt IS NOT DISTINCT FROM $5 AND s.xmin::text::bigint = $11
      AND u.id = s.user_id AND u.disabled_at IS NULL AND u.xmin::text::bigint = $12
    RETURNING s.xmin::text::bigint AS session_version, u.xmin::text::bigint AS user_version";
