-- Idempotency keys (draft-ietf-httpapi-idempotency-key-header) that were used within a day: a copy of a request finds
-- here what the request has done. Only hashes: of the key, and of the key with the request.
CREATE TABLE idempotency_keys (
    key_hash     BYTEA  NOT NULL PRIMARY KEY,
    request_hash BYTEA  NOT NULL,
    user_id      BYTEA  NOT NULL,
    session_id   BYTEA,
    used_at      BIGINT NOT NULL
);

-- An account keeps its newest keys.
CREATE INDEX IF NOT EXISTS idempotency_keys_of_user ON idempotency_keys (user_id, used_at);
