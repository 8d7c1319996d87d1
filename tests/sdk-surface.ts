/** What a TypeScript source declares, read from its text: types leave nothing to look at when it runs. */
import { readFileSync } from "node:fs";
import { repositoryFiles } from "./house.ts";

const SOURCES = repositoryFiles(
  "sdk/typescript/*.ts",
  "substrates/quantum/fluent/methods.ts",
  "core/base/labels.ts",
).filter((path) => !path.endsWith(".test.ts"));

/** Names of the fields and methods of an interface, those it extends included; sorted. */
export function membersOf(name: string): string[] {
  for (const path of SOURCES) {
    const text = readFileSync(path, "utf8");
    const found = new RegExp(
      `^export interface ${name}(?:<[^>]*>)?(?: extends ([^{]+))? \\{\\n([\\s\\S]*?)^\\}$`,
      "m",
    ).exec(text);
    if (!found) continue;
    const [, bases = "", body = ""] = found;
    const own = [...body.matchAll(/^ {2}(?:readonly )?([a-zA-Z]\w*)\??(?:<[^>]*>)?[(:]/gm)].map(
      (match) => match[1] as string,
    );
    const inherited = [...bases.matchAll(/(?:^|, )(\w+)/g)].flatMap((match) => membersOf(match[1] as string));
    return [...new Set([...own, ...inherited])].sort();
  }
  return [];
}

/** Public members of a class: methods, accessors and fields; sorted. */
export function membersOfClass(name: string): string[] {
  for (const path of SOURCES) {
    const text = readFileSync(path, "utf8");
    const found = new RegExp(`^export class ${name}\\b[^\\n]*\\{\\n([\\s\\S]*?)^\\}$`, "m").exec(text);
    if (!found) continue;
    const body = (found[1] as string).replace(/\/\*\* @internal[\s\S]*?\*\/\n.*\n/g, "");
    const names = [
      ...body.matchAll(/^ {2}(?:readonly |async |get |async \*|\*)*([a-z]\w*)(?:<[^>]*>)?[(:!?]/gm),
    ].map((match) => match[1] as string);
    return [...new Set(names)].filter((each) => each !== "constructor" && each !== "internals").sort();
  }
  return [];
}
