/** Options of commands whose run is sealed: what people call it. */
import { type Labels, labelsOf } from "@arqon/core/base";
import type { Arguments, Option } from "./command.ts";

/** For the option tables of commands. */
export const LABEL_OPTIONS: Readonly<Record<string, Option>> = {
  tag: { type: "string", many: true, value: "T", help: "a tag to find it by; again for more, at most 32" },
  note: { type: "string", value: "TEXT", help: "what to remember of it, at most 4096 characters" },
};

/** What the command line calls the run. @throws ArqonError `USAGE`, `LIMIT_EXCEEDED` */
export function labelsFrom(args: Arguments): Partial<Labels> {
  return labelsOf({ tags: args.texts("tag"), note: args.text("note") }) ?? {};
}
