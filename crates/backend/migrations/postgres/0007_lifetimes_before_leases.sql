-- Under which lifetimes the versions before migration 4 have issued, or still do beside this one until they are replaced,
-- is stored nowhere. The longest that may be set count, as if an instance had leased them at this moment: what is out
-- expires within a day, and so does what is issued within the next hour. Of a database without a session nothing is out.
INSERT INTO lifetimes AS l (setting, seconds, held_until)
SELECT setting, seconds, extract(epoch FROM now())::bigint + 3900 + outlives
FROM (VALUES ('access_token', 86400, 86400), ('jwks_cache', 86400, 86400),
             ('session_idle', 34560000, 0), ('session_absolute', 34560000, 0),
             ('event_retention', 315360000, 0)) AS before (setting, seconds, outlives)
WHERE EXISTS (SELECT 1 FROM sessions)
ON CONFLICT (setting, seconds) DO UPDATE SET held_until = excluded.held_until -- unguarded: it only grows
WHERE l.held_until < excluded.held_until;

-- Of the sessions that one transaction ends, those that are not told by their ids are told by the instants that they name:
-- an instance counts from there, and not all that it remembers. Versions before this one go by 'keys', as they did.
CREATE OR REPLACE FUNCTION baton_tell_of_an_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told INTEGER := coalesce(nullif(current_setting('baton.ends_told', true), ''), '0');
BEGIN
    IF told < 100 THEN
        PERFORM set_config('baton.ends_told', (told + 1)::text, true);
        PERFORM pg_notify('baton_session_ended_' || TG_RELID,
                          encode(NEW.id, 'hex') || ' ' || NEW.revoked_because);
    ELSE
        PERFORM pg_notify('baton_session_ended_' || TG_RELID, 'since ' || NEW.revoked_at);
        PERFORM pg_notify('baton_session_ended_' || TG_RELID, 'keys');
    END IF;
    RETURN NULL;
END $$;
