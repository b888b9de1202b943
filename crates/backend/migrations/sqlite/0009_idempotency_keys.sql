-- Idempotency keys (draft-ietf-httpapi-idempotency-key-header) that were used within a day: a copy of a request finds
-- here what the request has done. Only hashes: of the key, and of the key with the request.
CREATE TABLE idempotency_keys (
    key_hash     BLOB   NOT NULL PRIMARY KEY,
    request_hash BLOB   NOT NULL,
    user_id      BLOB   NOT NULL,
    session_id   BLOB,
    used_at      INTEGER NOT NULL
) STRICT;

-- An account keeps its newest keys.
CREATE INDEX idempotency_keys_of_user ON idempotency_keys (user_id, used_at);
