-- Schema 6. Who has said something in which history, instead of an index of all lines by author: that was a fourth of
-- what a line costs, and what it is for (export, erasure) is seldom.

DROP INDEX lines_by_author;
CREATE TABLE authors (
    author  TEXT NOT NULL,              -- account
    history INTEGER NOT NULL,           -- histories.number; there may be nothing of the author left in it
    PRIMARY KEY (author, history)
) STRICT, WITHOUT ROWID;
CREATE INDEX authors_by_history ON authors (history);
INSERT INTO authors (author, history) SELECT DISTINCT author, history FROM lines WHERE author <> '';
