-- The key ring. Private keys are sealed with a master key that is not in the database.

CREATE TABLE ring_keys (
    kid          TEXT    NOT NULL PRIMARY KEY CHECK (length(kid) BETWEEN 16 AND 43),
    purpose      TEXT    NOT NULL CHECK (purpose IN ('access', 'refresh')),
    -- The key this one follows; none is '', for the first. Of instances that make a successor at once, one does.
    predecessor  TEXT    NOT NULL,
    sealed       BLOB    NOT NULL,
    published_at INTEGER NOT NULL,
    signs_from   INTEGER NOT NULL CHECK (signs_from >= published_at),
    retired_at   INTEGER,
    UNIQUE (purpose, predecessor)
) STRICT;
