-- Addresses have a canonical form, and only one that is not of ASCII alone may have been stored in another one: those
-- are looked at when a server starts (src/auth/spelling.rs).
CREATE INDEX IF NOT EXISTS users_beyond_ascii ON users (id) WHERE octet_length(email) > length(email);
