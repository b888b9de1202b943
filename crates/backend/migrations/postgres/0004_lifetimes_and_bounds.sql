-- Lifetimes that instances have issued under: what was promised with one holds, whatever the setting is now.
-- An instance holds its rows until the last token or cached key set that it may issue has expired.
CREATE TABLE lifetimes (
    setting    TEXT   NOT NULL,
    seconds    BIGINT NOT NULL CHECK (seconds > 0),
    held_until BIGINT NOT NULL,
    PRIMARY KEY (setting, seconds)
);

-- An account's events are read by kind, however many there are of the others. An operator may have made the index before,
-- without holding up writers (docs/operating.md).
CREATE INDEX IF NOT EXISTS events_of_kind ON events (user_id, kind, id);
DROP INDEX events_of_user;
