/** How a server of the bench talks to the bench: it says its port, then answers each message with its CPU time and memory. */
import type { Quantiles } from "./queueing.ts";

/** What a server says of itself. */
export interface Usage {
  /** CPU time of all threads since the process began, microseconds. */
  readonly cpuUs: number;
  readonly rssBytes: number;
  /** How long messages were inside, where that is timed. */
  readonly queueing?: Quantiles | undefined;
}

/** Sends the port to the parent process and answers every message from it. */
export function answerQuestions(port: number, queueing: () => Quantiles | undefined = () => undefined): void {
  process.on("message", (question) => {
    if (question === "collect") (globalThis as { gc?: () => void }).gc?.();
    const { user, system } = process.cpuUsage();
    const usage: Usage = {
      cpuUs: user + system,
      rssBytes: process.memoryUsage.rss(),
      queueing: queueing(),
    };
    process.send?.(usage);
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.({ port });
}
