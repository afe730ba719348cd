-- Schema 2. History with a number for each target, so that rows are added at the end of the table and nearly at the end
-- of its indexes, and with what CHATHISTORY TARGETS, erasure and bounds need.

CREATE TABLE histories (
    number INTEGER PRIMARY KEY,
    target TEXT NOT NULL UNIQUE,
    owner  TEXT NOT NULL,               -- account whose copy of a talk it is, '' for rooms
    newest INTEGER NOT NULL,            -- greatest seq
    kept   INTEGER NOT NULL             -- rows, or more: counted anew when it goes beyond the bound
) STRICT;
CREATE INDEX histories_by_owner ON histories (owner, newest) WHERE owner <> '';

CREATE TABLE lines (
    number  INTEGER PRIMARY KEY,
    history INTEGER NOT NULL,           -- histories.number
    seq     INTEGER NOT NULL,
    id      TEXT NOT NULL,
    time    REAL NOT NULL,
    author  TEXT NOT NULL,              -- account that said it, '' for guests
    message BLOB NOT NULL
) STRICT;
CREATE INDEX lines_by_seq ON lines (history, seq);
CREATE UNIQUE INDEX lines_by_id ON lines (history, id);
CREATE INDEX lines_by_time ON lines (time);
CREATE INDEX lines_by_author ON lines (author, number) WHERE author <> '';

-- owner_of and author_of are functions of imd.storage.sqlite.migrate.
INSERT INTO histories (target, owner, newest, kept)
    SELECT target, owner_of(target), max(seq), count(*) FROM history GROUP BY target;
INSERT INTO lines (history, seq, id, time, author, message)
    SELECT histories.number, seq, id, time, author_of(message), message
    FROM history JOIN histories USING (target) ORDER BY seq;
DROP TABLE history;
