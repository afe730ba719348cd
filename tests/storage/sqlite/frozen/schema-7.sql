-- A database of schema 7 with data in it, as imd wrote it. Frozen: never edit it.
BEGIN TRANSACTION;
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
, visitor INTEGER NOT NULL DEFAULT 0, site TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
INSERT INTO "accounts" VALUES('id-alice','Alice','alice',1795000000.0,'contacts',0,0,'["abababababababababababababababababababababababababababababababab"]','["laptop","irc"]',X'73616C74',4096,X'7373737373737373737373737373737373737373737373737373737373737373',X'6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B6B',0,'');
INSERT INTO "accounts" VALUES('id-bob','bob','bob',1795000000.0,'everyone',0,0,'[]','[]',NULL,NULL,NULL,NULL,0,'');
CREATE TABLE acknowledged (
    id    TEXT NOT NULL,
    inbox INTEGER NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (id, inbox)
) STRICT, WITHOUT ROWID;
INSERT INTO "acknowledged" VALUES('m0',1,1795604800.0);
CREATE TABLE authors (
    author  TEXT NOT NULL,              -- account
    history INTEGER NOT NULL,           -- histories.number; there may be nothing of the author left in it
    PRIMARY KEY (author, history)
) STRICT, WITHOUT ROWID;
INSERT INTO "authors" VALUES('id-alice',1);
CREATE TABLE bans (
    kind   TEXT NOT NULL,               -- imd.core.ban.BanKind
    target TEXT NOT NULL,
    record TEXT NOT NULL,               -- JSON of imd.core.ban.Ban
    PRIMARY KEY (kind, target)
) STRICT, WITHOUT ROWID;
CREATE TABLE certificates (
    fingerprint TEXT NOT NULL,
    account     TEXT NOT NULL,
    PRIMARY KEY (fingerprint, account)
) STRICT, WITHOUT ROWID;
INSERT INTO "certificates" VALUES('abababababababababababababababababababababababababababababababab','id-alice');
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
INSERT INTO "contacts" VALUES('id-alice','id-bob','example.org','B','["work"]',1,0,0,1,0,0);
CREATE TABLE histories (
    number INTEGER PRIMARY KEY,
    target TEXT NOT NULL UNIQUE,
    owner  TEXT NOT NULL,               -- account whose copy of a talk it is, '' for rooms
    newest INTEGER NOT NULL,            -- greatest seq
    kept   INTEGER NOT NULL             -- rows, or more: counted anew when it goes beyond the bound
) STRICT;
INSERT INTO "histories" VALUES(1,'#room','',9007199254740993,1);
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
INSERT INTO "inbox" VALUES(1,1,9007199254740993,3226732335,'m1',1797592000.0,2,1,'',0,X'8BA26964A26D31A3736571CF0020000000000001A474696D65CB41DABF61B0000000A673656E64657282A46E616D65A5616C696365A6646F6D61696EAB6578616D706C652E6F7267AE73656E6465725F6163636F756E74A869642D616C696365A9726563697069656E7482A46E616D65A3626F62A6646F6D61696EAB6578616D706C652E6F7267A4626F6479A730303720E29883A46B696E64A474657874A9636C69656E745F6964A4632D6D31A47461677381A16BA3316535A66F726967696EA0');
CREATE TABLE inboxes (
    number  INTEGER PRIMARY KEY,
    account TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO "inboxes" VALUES(1,'id-bob');
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
INSERT INTO "ledger" VALUES('s1','id-alice','alice','irc','2001:db8::7',50007,1024,65535,'irssi','1.4','TLSv1.3 TLS_AES_256_GCM_SHA384',1795000000.0,1795000060.0,'quit');
CREATE TABLE lines (
    number  INTEGER PRIMARY KEY,
    history INTEGER NOT NULL,           -- histories.number
    seq     INTEGER NOT NULL,
    id      TEXT NOT NULL,
    time    REAL NOT NULL,
    author  TEXT NOT NULL,              -- account that said it, '' for guests
    message BLOB NOT NULL
) STRICT;
INSERT INTO "lines" VALUES(1,1,9007199254740993,'m1',1795000000.0,'id-alice',X'8BA26964A26D31A3736571CF0020000000000001A474696D65CB41DABF61B0000000A673656E64657282A46E616D65A5616C696365A6646F6D61696EAB6578616D706C652E6F7267AE73656E6465725F6163636F756E74A869642D616C696365A9726563697069656E7482A46E616D65A3626F62A6646F6D61696EAB6578616D706C652E6F7267A4626F6479A730303720E29883A46B696E64A474657874A9636C69656E745F6964A4632D6D31A47461677381A16BA3316535A66F726967696EA0');
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('secret',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
CREATE TABLE rooms (
    folded TEXT PRIMARY KEY,
    record TEXT NOT NULL                -- JSON of imd.core.stores.RoomRecord
) STRICT, WITHOUT ROWID;
INSERT INTO "rooms" VALUES('#room','{"name":"#Room","created":1795000000.0,"founder":"id-alice","operators":["id-bob"],"topic":{"text":"welcome","by":"alice","time":1795000000.0},"flags":["secret"],"key":"007","limit":7,"lists":{"ban":[{"mask":"*!*@bad","by":"alice","time":1795000000.0}]},"used":1795000001.0}');
CREATE TABLE shelves (
    shelf   TEXT NOT NULL,
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   BLOB NOT NULL,
    PRIMARY KEY (shelf, account, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "shelves" VALUES('read-marks','id-alice','#room',X'01');
CREATE TABLE skeletons (
    skeleton TEXT PRIMARY KEY,
    account  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "skeletons" VALUES('alice','id-alice');
INSERT INTO "skeletons" VALUES('bob','id-bob');
CREATE TABLE tokens (
    digest  BLOB PRIMARY KEY,
    account TEXT NOT NULL,
    device  TEXT NOT NULL,
    expires REAL NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "tokens" VALUES(X'7474747474747474747474747474747474747474747474747474747474747474','id-alice','phone',1795086400.0);
CREATE INDEX certificates_by_account ON certificates (account);
CREATE INDEX tokens_by_account ON tokens (account, expires);
CREATE INDEX tokens_by_expires ON tokens (expires);
CREATE INDEX contacts_by_contact ON contacts (contact);
CREATE INDEX ledger_by_account ON ledger (account, began);
CREATE INDEX ledger_by_began ON ledger (began);
CREATE INDEX ledger_by_ended ON ledger (ended);
CREATE INDEX inbox_by_seq ON inbox (inbox, seq);
CREATE INDEX inbox_by_short ON inbox (short);
CREATE INDEX inbox_by_expires ON inbox (expires);
CREATE INDEX inbox_by_origin ON inbox (inbox, origin) WHERE origin <> '';
CREATE INDEX acknowledged_by_until ON acknowledged (until);
CREATE INDEX acknowledged_by_inbox ON acknowledged (inbox);
CREATE INDEX histories_by_owner ON histories (owner, newest) WHERE owner <> '';
CREATE INDEX lines_by_seq ON lines (history, seq);
CREATE UNIQUE INDEX lines_by_id ON lines (history, id);
CREATE INDEX lines_by_time ON lines (time);
CREATE INDEX skeletons_by_account ON skeletons (account);
CREATE INDEX authors_by_history ON authors (history);
COMMIT;
PRAGMA user_version = 7;
