-- Each instance polls for commits of other connections, and every refresh is one. Only if this number has changed are
-- the revocations of the last minute counted again, by second: of a million, that takes a tenth of a second.
CREATE TABLE revocation_counter (
    only_row    INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    revocations INTEGER NOT NULL
) STRICT;
INSERT INTO revocation_counter (only_row, revocations) VALUES (1, 0);

CREATE TRIGGER sessions_count_revocations
AFTER UPDATE OF revoked_at ON sessions WHEN NEW.revoked_at IS NOT OLD.revoked_at
BEGIN
    -- unguarded: it only counts
    UPDATE revocation_counter SET revocations = revocations + 1;
END;

-- Of rows that are copied from elsewhere.
CREATE TRIGGER sessions_count_inserted_revocations
AFTER INSERT ON sessions WHEN NEW.revoked_at IS NOT NULL
BEGIN
    -- unguarded: it only counts
    UPDATE revocation_counter SET revocations = revocations + 1;
END;
