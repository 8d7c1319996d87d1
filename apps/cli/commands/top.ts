/** `arqon top`: what a server does right now, from its own counters. */

import { parseMetrics } from "@arqon/bus";
import { ArqonError, systemClock } from "@arqon/core/base";
import { activityLines, activityOf, type Reading } from "../activity.ts";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";
import { printLines } from "../lines.ts";
import { pause } from "../pause.ts";
import { withServer } from "../session.ts";
import { wholeNumber } from "../whole-number.ts";

const CLEAR = "\u001b[H\u001b[J";

export const top: Command = {
  name: "top",
  summary: "show connections, traffic, jobs and delays of a running server, until Ctrl-C",
  positionals: [],
  options: {
    once: { type: "boolean", help: "one look, then end" },
    interval: { type: "string", value: "MS", help: "milliseconds between two looks (default 1000)" },
  },
  example: "arqon top --once",
  async run(args, terminal) {
    const intervalMs = wholeNumber(args, "interval", 50, 60_000) ?? 1_000;
    const once = args.flag("once");
    return withServer(terminal, async ({ url }) => {
      const interrupted = new AbortController();
      const { signal } = interrupted;
      const stop = onInterrupt(() => interrupted.abort());
      try {
        let before = await read(url, signal);
        for (;;) {
          await pause(intervalMs, signal);
          const now = await read(url, signal);
          const activity = activityOf(url, before, now);
          if (process.stdout.isTTY && !terminal.json && !once) process.stdout.write(CLEAR);
          await printLines(terminal, activityLines(activity), activity, signal);
          if (once) break;
          before = now;
        }
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      } finally {
        stop();
      }
      return 0;
    });
  },
};

/** The counters of a server now. @throws ArqonError `SERVER_UNREACHABLE` */
async function read(url: string, interrupted: AbortSignal): Promise<Reading> {
  const page = `${url.replace(/^ws/, "http").replace(/\/$/, "")}/metrics`;
  let text: string;
  try {
    const answer = await fetch(page, { signal: AbortSignal.any([interrupted, AbortSignal.timeout(5_000)]) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    text = await answer.text();
  } catch (cause) {
    throw new ArqonError("SERVER_UNREACHABLE", `${page} does not answer: ${(cause as Error).message}`, {
      cause,
    });
  }
  return { atMs: systemClock.monotonicMs(), families: parseMetrics(text) };
}
