-- Ended sessions are read in pages, second by second and in the order of their ids: a million may end in one.
CREATE INDEX sessions_ended_in_order ON sessions (revoked_at, id) WHERE revoked_at IS NOT NULL;
DROP INDEX sessions_ended;
