import { expect, test } from "vitest";
import { indexAtRest } from "./index-at-rest.ts";

test("what is said of the index is true of SQLite and of PostgreSQL", () => {
  const home = "/nowhere";
  expect(indexAtRest({ home, env: {} })).toBe("the index is kept in memory");
  const env = { ARQON_INDEX: "postgres://me:secret@localhost/arqon" };
  expect(indexAtRest({ home, env })).toBe("the index is encrypted on PostgreSQL");
});
