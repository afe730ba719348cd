-- Bans of accounts, masks and addresses; read whole at start-up.

CREATE TABLE bans (
    kind   TEXT NOT NULL,               -- imd.core.ban.BanKind
    target TEXT NOT NULL,
    record TEXT NOT NULL,               -- JSON of imd.core.ban.Ban
    PRIMARY KEY (kind, target)
) STRICT, WITHOUT ROWID;
