-- SQLite's alone: here each revocation notifies. The schemas of both engines have the same number.
SELECT 1;
