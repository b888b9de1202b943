-- What a note counts for its owner's quota: the UTF-8 bytes of title and text. The index answers how many notes an
-- owner has, and how large they are, without reading them.
ALTER TABLE notes ADD COLUMN bytes INTEGER
    GENERATED ALWAYS AS (length(CAST(title AS BLOB)) + length(CAST(text AS BLOB))) VIRTUAL;

CREATE INDEX sizes_of_an_owner ON notes (owner, bytes);
