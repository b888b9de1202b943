-- At each login, and whenever a user looks at their sessions or ends them, only those that are live are read,
-- however many have ended.
CREATE INDEX IF NOT EXISTS sessions_live_of_user ON sessions (user_id) WHERE revoked_at IS NULL;
