/**
 * A run as its user exports it, with one bit of one byte turned, is never VERIFIED: every byte of the archive, one at a
 * time. `ARQON_EVERY_BYTE=1` takes them all, which is minutes; otherwise every 211th, and all of the last 200.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { verifyArchive } from "@arqon/core/bundle";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const every = process.env["ARQON_EVERY_BYTE"] === "1";
const BELL = resolve(import.meta.dirname, "../../examples/bell.qasm");

test("a turned bit anywhere in an exported archive is found", { timeout: 3_600_000 }, async () => {
  using home = newHome();
  const run = await home.arqon(["run", BELL, "--seed", "3", "--json"]);
  const { artifactId } = run.json<{ artifactId: string }>();
  const path = home.file("run.zip");
  expect((await home.arqon(["export", artifactId, path])).code).toBe(0);
  const archive = new Uint8Array(readFileSync(path));
  expect((await verifyArchive(archive)).verdict).toBe("VERIFIED");
  let turned = 0;
  for (let at = 0; at < archive.length; at += every || at > archive.length - 200 ? 1 : 211) {
    const before = archive[at] as number;
    archive[at] = before ^ (1 << (at % 8));
    const { verdict, checks } = await verifyArchive(archive);
    archive[at] = before;
    expect([at, verdict]).toEqual([at, "FAILED"]);
    expect(
      checks.some(({ status }) => status === "failed"),
      `byte ${at}`,
    ).toBe(true);
    turned++;
  }
  if (every) console.log(`${turned} bytes turned, one at a time: all found`);
  expect((await verifyArchive(archive)).verdict).toBe("VERIFIED");
});
