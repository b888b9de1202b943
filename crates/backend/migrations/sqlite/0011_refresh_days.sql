-- A refresh leaves no event, and a file has no clock: here is when sessions were refreshed, first and last on each day
-- (UTC, counted from 1970). One row a day, however many refreshes.
CREATE TABLE refresh_days (
    day      INTEGER NOT NULL PRIMARY KEY,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT;

CREATE TRIGGER sessions_note_refreshes
AFTER UPDATE OF accepted_at ON sessions
BEGIN
    -- unguarded: it only grows
    INSERT INTO refresh_days (day, first_at, last_at)
    VALUES (NEW.accepted_at / 86400, NEW.accepted_at, NEW.accepted_at)
    ON CONFLICT (day) DO UPDATE SET last_at = excluded.last_at WHERE last_at < excluded.last_at;
END;
