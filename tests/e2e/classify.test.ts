import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { newHome } from "./cli.ts";

const WINE = resolve(import.meta.dirname, "../../examples/wine.csv");

test("a table is learned from, sealed, and learned from again the same", async () => {
  using home = newHome();
  const asked = ["classify", WINE, "--label", "cultivar", "--qubits", "2", "--seed", "5", "--json"];
  const learned = await home.arqon(asked);
  expect(learned.code, learned.stderr).toBe(0);
  const { artifactId, accuracy, interval, control } = learned.json<{
    artifactId: string;
    accuracy: number;
    interval: readonly [number, number];
    control: { accuracy: number };
  }>();
  expect(accuracy).toBeGreaterThan(0.85);
  expect(control.accuracy).toBeGreaterThan(0.85);
  expect(interval[0]).toBeLessThan(accuracy);
  expect(interval[1]).toBeGreaterThan(accuracy);
  expect((await home.arqon(asked)).json<{ artifactId: string }>().artifactId).toBe(artifactId);
  expect((await home.arqon(["verify", artifactId])).code).toBe(0);
  const again = await home.arqon(["replay", artifactId]);
  expect([again.code, again.stdout.split("\n")[0]], again.stderr).toEqual([0, "IDENTICAL"]);

  const few = home.file("few.csv");
  writeFileSync(few, "size,kind\n1,a\n4,b\n");
  const untested = await home.arqon(["classify", few, "--label", "kind", "--qubits", "1"]);
  expect([untested.code, untested.stdout.split("\n")[0]], untested.stderr).toEqual([
    0,
    "few.csv · 2 samples learned, 0 judged · 1 qubit",
  ]);

  const broken = home.file("broken.csv");
  writeFileSync(broken, "size,kind\n1,a\nfour,b\n");
  const refused = await home.arqon(["classify", broken, "--label", "kind"]);
  expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([
    2,
    `arqon: ${broken}:3: size is "four", not a number [USAGE]`,
  ]);
});
