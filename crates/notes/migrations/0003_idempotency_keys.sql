-- Idempotency keys (draft-ietf-httpapi-idempotency-key-header): which requests of the last day have changed a note. Each is
-- written in the transaction of the change that it was used for. Neither key nor body is stored, only their SHA-256.
CREATE TABLE idempotency_keys (
    -- The order in which keys were used, whatever the clock said: the oldest give way.
    number INTEGER PRIMARY KEY,
    key_hash BLOB NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
    owner BLOB NOT NULL CHECK (length(owner) = 16),
    -- What the answer said beside title and text, which the request says itself. The note may be gone.
    note BLOB NOT NULL CHECK (length(note) = 16),
    version INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT;

-- SQLite appends `number` to it: the newest keys of an owner are found without reading the others.
CREATE INDEX idempotency_keys_of_an_owner ON idempotency_keys (owner);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (used_at);
