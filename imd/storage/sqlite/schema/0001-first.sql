-- Schema 1. STRICT, so that text which looks like a number ("007", "1e5") stays text.
-- Times are seconds since the epoch. Messages are msgspec MessagePack of imd.core.message.Message.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    folded         TEXT NOT NULL UNIQUE,
    created        REAL NOT NULL,
    visible_to     TEXT NOT NULL,
    share_location INTEGER NOT NULL,
    suspended      INTEGER NOT NULL,
    certificates   TEXT NOT NULL,       -- JSON list of fingerprints, in the account's order
    devices        TEXT NOT NULL,       -- JSON list of devices it has signed on with, the latest last
    salt           BLOB,                -- SCRAM-SHA-256 verifier, RFC 5802 section 3; NULL without a password
    iterations     INTEGER,
    stored_key     BLOB,
    server_key     BLOB
) STRICT, WITHOUT ROWID;

-- Index of accounts.certificates.
CREATE TABLE certificates (
    fingerprint TEXT NOT NULL,
    account     TEXT NOT NULL,
    PRIMARY KEY (fingerprint, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX certificates_by_account ON certificates (account);

CREATE TABLE tokens (
    digest  BLOB PRIMARY KEY,
    account TEXT NOT NULL,
    device  TEXT NOT NULL,
    expires REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_account ON tokens (account, expires);
CREATE INDEX tokens_by_expires ON tokens (expires);

CREATE TABLE contacts (
    owner    TEXT NOT NULL,
    contact  TEXT NOT NULL,
    domain   TEXT NOT NULL,             -- the name comes from accounts, so that it follows a rename
    label    TEXT NOT NULL,
    groups   TEXT NOT NULL,             -- JSON list
    told     INTEGER NOT NULL,          -- Contact.to
    tells    INTEGER NOT NULL,          -- Contact.from_
    asking   INTEGER NOT NULL,
    asked    INTEGER NOT NULL,
    approved INTEGER NOT NULL,
    blocked  INTEGER NOT NULL,
    PRIMARY KEY (owner, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_by_contact ON contacts (contact);

CREATE TABLE ledger (
    session  TEXT PRIMARY KEY,
    account  TEXT NOT NULL,
    name     TEXT NOT NULL,
    door     TEXT NOT NULL,
    address  TEXT NOT NULL,
    port     INTEGER NOT NULL,
    tcp_port INTEGER NOT NULL,
    udp_port INTEGER NOT NULL,
    client   TEXT NOT NULL,
    version  TEXT NOT NULL,
    tls      TEXT NOT NULL,
    began    REAL NOT NULL,
    ended    REAL NOT NULL,             -- 0 while the session lasts
    reason   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_by_account ON ledger (account, began);
CREATE INDEX ledger_by_began ON ledger (began);
-- Serves both the open entries (ended = 0) and expiry.
CREATE INDEX ledger_by_ended ON ledger (ended);

CREATE TABLE rooms (
    folded TEXT PRIMARY KEY,
    record TEXT NOT NULL                -- JSON of imd.core.stores.RoomRecord
) STRICT, WITHOUT ROWID;

-- The offline queue. Writing it is what the daemon does most, so rows are added at the end of the table and its
-- indexes are of small integers: each page of an index that a batch touches is written twice, to log and database.
CREATE TABLE inboxes (
    number  INTEGER PRIMARY KEY,
    account TEXT NOT NULL UNIQUE
) STRICT;

-- One row for each (inbox, id); imd.storage.sqlite.inbox sees to that, by way of inbox_by_short.
CREATE TABLE inbox (
    number       INTEGER PRIMARY KEY,
    inbox        INTEGER NOT NULL,      -- inboxes.number
    seq          INTEGER NOT NULL,
    short        INTEGER NOT NULL,      -- CRC-32 of the id
    id           TEXT NOT NULL,
    expires      REAL NOT NULL,
    attempts     INTEGER NOT NULL,
    repeatable   INTEGER NOT NULL,      -- 1 if the sender can send it again under this id (it has a client_id)
    origin       TEXT NOT NULL,         -- network address of a guest, else ''
    origin_limit INTEGER NOT NULL,
    message      BLOB NOT NULL
) STRICT;
CREATE INDEX inbox_by_seq ON inbox (inbox, seq);
CREATE INDEX inbox_by_short ON inbox (short);
CREATE INDEX inbox_by_expires ON inbox (expires);
CREATE INDEX inbox_by_origin ON inbox (inbox, origin) WHERE origin <> '';

-- Ids of acknowledged messages that may come again.
CREATE TABLE acknowledged (
    id    TEXT NOT NULL,
    inbox INTEGER NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (id, inbox)
) STRICT, WITHOUT ROWID;
CREATE INDEX acknowledged_by_until ON acknowledged (until);
CREATE INDEX acknowledged_by_inbox ON acknowledged (inbox);

CREATE TABLE history (
    target  TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    id      TEXT NOT NULL,
    time    REAL NOT NULL,
    message BLOB NOT NULL,
    PRIMARY KEY (target, seq, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX history_by_id ON history (target, id);
CREATE INDEX history_by_time ON history (time);
