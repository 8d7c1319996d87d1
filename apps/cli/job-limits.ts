/** What one job may take: said to `arqon serve`, and read back of the server that would run it. */
import { formatBytes, formatDuration, jsonObject } from "@arqon/core/base";
import type { RuntimeLimits } from "@arqon/lab/runtime";
import { announced } from "./announced.ts";
import type { Arguments, Option } from "./command.ts";
import type { Terminal } from "./terminal.ts";
import { wholeNumber } from "./whole-number.ts";

const MIB = 2 ** 20;
const MINUTE_MS = 60_000;
/** A TiB, and a week. */
const MOST_MIB = 2 ** 20;
const MOST_MINUTES = 7 * 24 * 60;

/** The options. */
export const JOB_LIMIT_OPTIONS: Readonly<Record<string, Option>> = {
  "job-memory-mib": {
    type: "string",
    value: "MIB",
    help: "most memory that one job may need by its estimate, in MiB (default 3072)",
  },
  "job-minutes": {
    type: "string",
    value: "N",
    help: "most minutes that one job may need by its estimate, and may take (default 10)",
  },
};

/** What they were set to. @throws ArqonError `USAGE` */
export function jobLimits(args: Arguments): Partial<RuntimeLimits> {
  const mebibytes = wholeNumber(args, "job-memory-mib", 1, MOST_MIB);
  const minutes = wholeNumber(args, "job-minutes", 1, MOST_MINUTES);
  return {
    ...(mebibytes !== undefined && { memoryBytes: mebibytes * MIB }),
    ...(minutes !== undefined && { timeMs: minutes * MINUTE_MS }),
  };
}

/** The limits of the server that runs in ARQON_HOME, or of one that a command would start; of a server elsewhere these are a guess. */
export async function limitsHere({ home, env }: Pick<Terminal, "home" | "env">): Promise<RuntimeLimits> {
  const { DEFAULT_RUNTIME_LIMITS } = await import("@arqon/lab/operators");
  return { ...DEFAULT_RUNTIME_LIMITS, ...(env["ARQON_URL"] ? {} : limitsOfServer(home)) };
}

/** As people read them, with what sets them. */
export function limitsText({ memoryBytes, timeMs }: RuntimeLimits): string {
  return `${formatBytes(memoryBytes)} and ${formatDuration(timeMs)} for one job (serve --job-memory-mib, --job-minutes)`;
}

function limitsOfServer(home: string): Partial<RuntimeLimits> {
  const limits = announced(home)?.["limits"];
  if (limits === undefined) return {};
  const { memoryBytes, timeMs } = jsonObject(limits, "limits");
  return { memoryBytes: Number(memoryBytes), timeMs: Number(timeMs) };
}
