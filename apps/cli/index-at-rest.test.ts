import { expect, test } from "vitest";
import { indexAtRest } from "./index-at-rest.ts";

test("what is said of the index is true of SQLite and of PostgreSQL", () => {
  const home = "/nowhere";
  expect(indexAtRest({ home, env: {} })).toBe("the index is kept in memory");
  const env = { ARQON_INDEX: "postgres://me:secret@localhost/arqon" };
  const said = indexAtRest({ home, env });
  expect(said).toContain("the index is encrypted on PostgreSQL");
  // The tables that nothing is written to are those it names.
  for (const table of ["manifests", "backends", "calibrations", "mitigation", "decisions"])
    expect(said).toContain(table);
  expect(said).not.toContain("secret");
});
