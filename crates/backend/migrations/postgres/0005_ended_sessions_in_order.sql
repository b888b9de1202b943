-- Ended sessions are read in pages, second by second and in the order of their ids: a million may end in one.
-- An operator may have made the index before.
CREATE INDEX IF NOT EXISTS sessions_ended_in_order ON sessions (revoked_at, id) WHERE revoked_at IS NOT NULL;
DROP INDEX sessions_ended;

-- Of the sessions that one transaction ends, the first hundred are told by their ids. For all others there is one
-- notification more, the one after which every version reads what has changed: PostgreSQL sends equal ones of a
-- transaction once. Each instance would have to take in a million otherwise.
CREATE OR REPLACE FUNCTION baton_tell_of_an_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told INTEGER := coalesce(nullif(current_setting('baton.ends_told', true), ''), '0');
BEGIN
    IF told < 100 THEN
        PERFORM set_config('baton.ends_told', (told + 1)::text, true);
        PERFORM pg_notify('baton_session_ended_' || TG_RELID,
                          encode(NEW.id, 'hex') || ' ' || NEW.revoked_because);
    ELSE
        PERFORM pg_notify('baton_session_ended_' || TG_RELID, 'keys');
    END IF;
    RETURN NULL;
END $$;
