import { existsSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { layerTable, ROOT, read, sources, WINGS } from "./house.ts";

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*["']([^"'\n]+)["']/g;

/** What is wrong with one import of one file, or undefined. */
function objection(
  wing: string,
  file: string,
  specifier: string,
  allowed: readonly string[],
): string | undefined {
  if (specifier.startsWith(".")) {
    const target = relative(ROOT, resolve(ROOT, dirname(file), specifier));
    const home = `${WINGS[wing]}/`;
    if (!target.startsWith(home)) return `${file}: ${specifier} leaves the wing`;
    const here = dirname(file).slice(home.length).split("/")[0];
    const there = target.slice(home.length).split("/");
    const crossesRooms = there.length > 1 && there[0] !== here;
    // Tests of a whole wing, beside its rooms, may look inside them.
    const isOfWing = here === "" && file.endsWith(".test.ts");
    if (crossesRooms && there.at(-1) !== "index.ts" && !isOfWing)
      return `${file}: ${specifier} is not a front door`;
    return undefined;
  }
  const parts = /^@arqon\/([a-z]+)(?:\/(.+))?$/.exec(specifier);
  if (!parts?.[1]) return undefined;
  const [, target, room] = parts;
  if (room?.includes("/")) return `${file}: ${specifier} reaches behind a front door`;
  const fits = allowed.some(
    (entry) => entry === "everything" || entry === target || entry === `${target}/${room}`,
  );
  return fits ? undefined : `${file}: ${wing} may not import ${specifier}`;
}

/** Which rooms of a wing import which, tests apart. */
function roomsOf(wing: string): Map<string, Set<string>> {
  const home = `${WINGS[wing]}/`;
  const rooms = new Map<string, Set<string>>();
  for (const file of sources(wing).filter((path) => !path.endsWith(".test.ts"))) {
    const [room, inside] = file.slice(home.length).split("/");
    if (room === undefined || inside === undefined) continue;
    const imported = rooms.get(room) ?? new Set();
    rooms.set(room, imported);
    for (const [, specifier = ""] of read(file).matchAll(IMPORT)) {
      if (!specifier.startsWith(".")) continue;
      const [other, behind] = relative(ROOT, resolve(ROOT, dirname(file), specifier))
        .slice(home.length)
        .split("/");
      if (other !== undefined && behind !== undefined && other !== room) imported.add(other);
    }
  }
  return rooms;
}

/** Those that are left when all are taken away that import none of the others left, again and again. */
function circles(rooms: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const left = new Map(rooms);
  for (;;) {
    const free = [...left].find(([, imported]) => ![...imported].some((room) => left.has(room)));
    if (!free) return [...left.keys()];
    left.delete(free[0]);
  }
}

describe("layers", () => {
  const table = layerTable();

  test("ARCHITECTURE.md has a row for every wing", () => {
    expect([...table.keys()].sort()).toEqual(Object.keys(WINGS).sort());
  });

  test.each(Object.keys(WINGS))("%s imports only what the table allows, through front doors", (wing) => {
    const allowed = table.get(wing) ?? [];
    const wrong = sources(wing).flatMap((file) =>
      [...read(file).matchAll(IMPORT)]
        .map((match) =>
          objection(wing, file, match[1] as string, file.endsWith(".test.ts") ? [...allowed, wing] : allowed),
        )
        .filter((found) => found !== undefined),
    );
    expect(wrong).toEqual([]);
  });

  test.each(Object.keys(WINGS))("no room of %s imports another in a circle", (wing) => {
    expect(circles(roomsOf(wing))).toEqual([]);
  });

  test("a circle of rooms is noticed", () => {
    const rooms = { spine: ["shield"], shield: ["engine", "spine"], engine: [] };
    expect(
      circles(new Map(Object.entries(rooms).map(([room, imported]) => [room, new Set(imported)]))),
    ).toEqual(["spine", "shield"]);
  });

  test("a forbidden import is noticed", () => {
    expect(objection("bus", "bus/spine/x.ts", "@arqon/lab/runtime", ["core", "vault"])).toContain(
      "may not import",
    );
    expect(objection("bus", "bus/spine/x.ts", "../engine/segment.ts", ["core"])).toContain("front door");
    expect(objection("vault", "vault/x.ts", "./ledger/tiles.ts", ["core"])).toContain("front door");
    expect(objection("vault", "vault/x.test.ts", "./ledger/tiles.ts", ["core"])).toBeUndefined();
    expect(objection("bus", "bus/spine/x.ts", "../../core/base/index.ts", ["core"])).toContain(
      "leaves the wing",
    );
    expect(objection("sdk", "sdk/typescript/x.ts", "@arqon/core/math", ["core/base"])).toContain(
      "may not import",
    );
  });

  test("every file ARCHITECTURE.md names exists", () => {
    const named = [
      ...read("ARCHITECTURE.md").matchAll(/`([a-z]+\/[A-Za-z0-9_./-]+\.(?:ts|proto|mjs|json|md|py))`/g),
    ].map((m) => m[1] as string);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(resolve(ROOT, path)))).toEqual([]);
  });
});
