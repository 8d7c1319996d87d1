/** The rule that no type can hold: only the door calls a plugin. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const WINGS = ["core", "vault", "bus", "substrates", "lab", "sdk/typescript", "apps"];
const CALL = /\bplugin\s*(?:\?\.|\.)\s*(?:execute|stream|calibrate)\s*(?:\?\.)?\(/;
const INSIDE = /runtime\/(?:permits|registry|door|recorder|execution)\.ts["']/;

function sources(): { readonly path: string; readonly text: string }[] {
  return WINGS.flatMap((wing) =>
    readdirSync(join(ROOT, wing), { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() && entry.name.endsWith(".ts") && !/\.(test|suite|fixture)\.ts$/.test(entry.name),
      )
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/[/\\](node_modules|dist|gen)[/\\]/.test(path))
      .map((path) => ({
        path: relative(ROOT, path).replaceAll("\\", "/"),
        text: readFileSync(path, "utf8"),
      })),
  );
}

test("nothing but the door calls a plugin, and the suite that shows it must refuse", () => {
  const callers = sources().filter(({ text }) => CALL.test(text));
  expect(callers.map(({ path }) => path)).toEqual(["lab/runtime/door.ts", "lab/testing/describe-plugin.ts"]);
});

test("nothing outside lab/runtime reaches behind its front door", () => {
  const reaching = sources().filter(
    ({ path, text }) => !path.startsWith("lab/runtime/") && INSIDE.test(text),
  );
  expect(reaching.map(({ path }) => path)).toEqual([]);
});
