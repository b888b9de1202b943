-- Programs that may log users in without cookies: public clients (RFC 6749 section 2.1), without a secret.
CREATE TABLE clients (
    id         TEXT   COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
    name       TEXT,
    created_at BIGINT NOT NULL
);

-- The client that a session was begun by. NULL: the site's own, in a browser. It stays when the client is removed.
ALTER TABLE sessions ADD COLUMN client_id TEXT;
