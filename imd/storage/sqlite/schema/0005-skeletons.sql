-- What the names of accounts look like (UTS #39): no two accounts look alike. Of those that do already, the oldest has it.
CREATE TABLE skeletons (
    skeleton TEXT PRIMARY KEY,
    account  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX skeletons_by_account ON skeletons (account);
-- A function of ours: `imd.storage.sqlite.migrate`.
INSERT OR IGNORE INTO skeletons (skeleton, account) SELECT skeleton(name), id FROM accounts ORDER BY created, id;
