/** Tables of a ledger. The triggers are hygiene against slips; what protects is the signed root. */

/** Version of the tables, in `user_version`. */
export const LEDGER_VERSION = 1;

const refusing = (table: string, change: "UPDATE" | "DELETE"): string =>
  `CREATE TRIGGER ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table}
         BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;`;

/** Refuses changes of entries; away only while they are encoded. */
export const UPDATE_TRIGGER: string = refusing("leaf", "UPDATE");

const APPEND_ONLY = ["leaf", "node", "checkpoint"]
  .flatMap((table) => [refusing(table, "UPDATE"), refusing(table, "DELETE")])
  .join("\n");

/** Creates the tables: entries by index, every complete tree node (level 0 are the leaf hashes), checkpoints by size. */
export const LEDGER_SCHEMA: string = `
CREATE TABLE leaf (i INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE node (level INTEGER NOT NULL, i INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, i))
  STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TRIGGER leaf_in_order BEFORE INSERT ON leaf
  WHEN NEW.i <> (SELECT coalesce(max(i) + 1, 0) FROM leaf)
  BEGIN SELECT RAISE(ABORT, 'leaves are appended in order'); END;
CREATE TRIGGER node_once BEFORE INSERT ON node
  WHEN EXISTS (SELECT 1 FROM node WHERE level = NEW.level AND i = NEW.i)
  BEGIN SELECT RAISE(ABORT, 'node is append-only'); END;
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint
  WHEN NEW.size <= (SELECT coalesce(max(size), 0) FROM checkpoint)
  BEGIN SELECT RAISE(ABORT, 'checkpoints grow'); END;
${APPEND_ONLY}`;
