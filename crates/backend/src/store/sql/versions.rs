//! PostgreSQL alone: rows with their versions. A row's version is the id of the transaction that wrote it (`xmin`),
//! which is another one after every transaction that changed it, of this program or of a console. Ids come again after
//! four billion transactions, and after a crash or a failover that lost some: so what decides is compared as well.

/// [`FIND_SESSION`](super::FIND_SESSION) with the versions of both rows. The type of `xmin` casts to text alone.
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
