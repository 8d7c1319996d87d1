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

/** A TCP port; 0 stands for any free one. @throws ArqonError `USAGE` */
export function portOption(args: Arguments, option: string, otherwise: string): number {
  const text = args.text(option) ?? otherwise;
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535)
    throw new ArqonError("USAGE", `--${option} ${text}: expected 0 to 65535`);
  return Number(text);
}
