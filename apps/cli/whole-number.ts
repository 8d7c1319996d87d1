/** Options that are numbers. */
import { ArqonError } from "@arqon/core/base";
import type { Arguments } from "./command.ts";

/** A whole number within bounds, or `undefined` when the option is absent. @throws ArqonError `USAGE` */
export function wholeNumber(
  args: Arguments,
  option: string,
  least: number,
  most: number,
): number | undefined {
  const text = args.text(option);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < least || value > most)
    throw new ArqonError("USAGE", `--${option} ${text}: expected a whole number from ${least} to ${most}`);
  return value;
}
