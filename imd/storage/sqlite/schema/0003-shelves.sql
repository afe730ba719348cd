-- Small values that accounts keep, each under a name: read marks, cursors of devices, rooms to stay in.
CREATE TABLE shelves (
    shelf   TEXT NOT NULL,
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   BLOB NOT NULL,
    PRIMARY KEY (shelf, account, name)
) STRICT, WITHOUT ROWID;
