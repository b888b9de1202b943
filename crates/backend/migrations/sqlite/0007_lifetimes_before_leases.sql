-- Under which lifetimes the versions before migration 4 have issued, or still do beside this one until they are replaced,
-- is stored nowhere. The longest that may be set count, as if an instance had leased them at this moment: what is out
-- expires within a day, and so does what is issued within the next hour. Of a database without a session nothing is out.
INSERT INTO lifetimes AS l (setting, seconds, held_until)
SELECT column1, column2, unixepoch() + 3900 + column3
FROM (VALUES ('access_token', 86400, 86400), ('jwks_cache', 86400, 86400),
             ('session_idle', 34560000, 0), ('session_absolute', 34560000, 0),
             ('event_retention', 315360000, 0))
WHERE EXISTS (SELECT 1 FROM sessions)
ON CONFLICT (setting, seconds) DO UPDATE SET held_until = excluded.held_until -- unguarded: it only grows
WHERE l.held_until < excluded.held_until;
