import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A process that runs a program of the tests and says things, a line each. */
export interface Child {
  /** Every line so far. */
  readonly lines: readonly string[];
  /** Resolves once `count` lines have come, or the process has ended. */
  saw(count: number): Promise<void>;
  kill(): void;
  /** Resolves with the exit code, or the signal, and all of stderr. */
  readonly ended: Promise<{ readonly how: number | string; readonly stderr: string }>;
}

/** Starts `program`, a TypeScript file, with the same Node. */
export function startChild(program: URL, ...args: string[]): Child {
  const child: ChildProcess = spawn(process.execPath, [program.pathname, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let stderr = "";
  let waiting: { count: number; call: () => void }[] = [];
  const wake = (all: boolean): void => {
    for (const one of waiting) if (all || lines.length >= one.count) one.call();
    waiting = waiting.filter((one) => !all && lines.length < one.count);
  };
  if (child.stdout)
    createInterface(child.stdout).on("line", (line) => {
      lines.push(line);
      wake(false);
    });
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<{ how: number | string; stderr: string }>((resolve) =>
    child.on("close", (code, signal) => {
      wake(true);
      resolve({ how: signal ?? code ?? -1, stderr });
    }),
  );
  return {
    lines,
    ended,
    kill: () => void child.kill("SIGKILL"),
    saw: (count) =>
      lines.length >= count ? Promise.resolve() : new Promise((call) => waiting.push({ count, call })),
  };
}
