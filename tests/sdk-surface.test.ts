/** The two SDKs offer the same by the same names: sdk/surface.json says both, and why where one has none. Python's half is in sdk/python/tests. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { membersOf, membersOfClass } from "./sdk-surface.ts";

interface Surface {
  readonly typescript: string;
  readonly python: string;
  /** Names in both, TypeScript's first. */
  readonly both: Readonly<Record<string, string>>;
  /** Names in one, with the reason. */
  readonly typescriptOnly: Readonly<Record<string, string>>;
  readonly pythonOnly: Readonly<Record<string, string>>;
}

const SURFACES = JSON.parse(readFileSync("sdk/surface.json", "utf8")) as readonly Surface[];
/** Units are in names, so a unit is the one thing that may differ. */
const SAID_OTHERWISE: Readonly<Record<string, string>> = {
  timeoutMs: "timeout_s",
  deadlineUs: "deadline_s",
  programMediaType: "media_type",
  clock: "now_us",
  reconnect: "reconnect_s",
};

test.each(SURFACES)(
  "$typescript is what sdk/surface.json says of it",
  ({ typescript, both, typescriptOnly }) => {
    const declared = membersOf(typescript);
    const members = declared.length > 0 ? declared : membersOfClass(typescript);
    expect(members.length).toBeGreaterThan(0);
    expect([...Object.keys(both), ...Object.keys(typescriptOnly)].sort()).toEqual(members);
  },
);

test("a name in both is the same name, in the manner of each language", () => {
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  for (const { both } of SURFACES)
    for (const [typescript, python] of Object.entries(both))
      expect(python).toBe(SAID_OTHERWISE[typescript] ?? snake(typescript));
});

test("what one of them lacks has a reason", () => {
  for (const { typescriptOnly, pythonOnly } of SURFACES)
    for (const [name, why] of Object.entries({ ...typescriptOnly, ...pythonOnly }))
      expect(why, name).toMatch(/\w{3}/);
});
