-- The notes. Ids are UUIDs of version 7, so that the newest note has the greatest one.
CREATE TABLE notes (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner BLOB NOT NULL CHECK (length(owner) = 16),
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    -- Both in lower case, to be searched.
    folded TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX notes_of_an_owner ON notes (owner, id);
