-- SQLite's alone: PostgreSQL has a clock. The schemas of both engines have the same number.
SELECT 1;
