/** `arqon history [FILTER]`: what was logged, by sequence or time. */
import { ArqonError, systemClock } from "@arqon/core/base";
import type { Message } from "@arqon/sdk";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";
import { messageJson, messageLine } from "../message-view.ts";
import { withClient } from "../session.ts";
import { wholeNumber } from "../whole-number.ts";

const DEFAULT_LIMIT = 100;
const UNITS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, d: 86_400 };

export const history: Command = {
  name: "history",
  summary: "print logged messages, oldest first",
  positionals: ["FILTER?"],
  options: {
    from: { type: "string", value: "N", help: "first sequence" },
    to: { type: "string", value: "N", help: "last sequence" },
    since: {
      type: "string",
      value: "TIME",
      help: "UTC, e.g. 2026-08-01T12:00:00Z, or ago: 90s, 10min, 2h, 1d",
    },
    until: { type: "string", value: "TIME", help: "up to this time, written as above" },
    limit: { type: "string", value: "N", help: `at most so many (default ${DEFAULT_LIMIT})` },
  },
  example: "arqon history 'lab.>' --since 2h --limit 20",
  async run(args, terminal) {
    const [filter = ">"] = args.positionals;
    const limit = wholeNumber(args, "limit", 1, 100_000) ?? DEFAULT_LIMIT;
    const fromSequence = wholeNumber(args, "from", 0, Number.MAX_SAFE_INTEGER);
    const toSequence = wholeNumber(args, "to", 1, Number.MAX_SAFE_INTEGER);
    const fromUs = timeOf("since", args.text("since"));
    const toUs = timeOf("until", args.text("until"));
    const cancel = new AbortController();
    const stop = onInterrupt(() => cancel.abort());
    const messages: Message[] = [];
    const more = await withClient(terminal, [], async (client) => {
      const asked = {
        filter,
        ...(fromSequence !== undefined && { fromSequence }),
        ...(toSequence !== undefined && { toSequence }),
        ...(fromUs !== undefined && { fromUs }),
        ...(toUs !== undefined && { toUs }),
        pageSize: Math.min(limit + 1, 1_000),
        signal: cancel.signal,
      };
      for await (const message of client.history(asked)) {
        if (messages.length === limit) return message.sequence;
        messages.push(message);
      }
      return 0;
    }).finally(stop);
    terminal.answer(messages.map(messageJson));
    for (const message of messages) terminal.print(messageLine(message));
    if (messages.length === 0) terminal.print(`nothing logged matches ${filter}`);
    if (more > 0) terminal.note(`more follow: --from ${more}`);
    return 0;
  },
};

/** UTC microseconds of a moment. @throws ArqonError `USAGE` */
function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit = ""] = /^([0-9]{1,9})(s|min|h|d)$/.exec(text) ?? [];
  const us = amount
    ? systemClock.nowUs() - Number(amount) * (UNITS[unit] ?? 0) * 1_000_000
    : Date.parse(/T.*[0-9]$/.test(text) && !/[+-][0-9:]{4,5}$/.test(text) ? `${text}Z` : text) * 1000;
  if (!Number.isFinite(us) || us < 0)
    throw new ArqonError("USAGE", `--${option} ${text}: expected e.g. 2026-08-01T12:00:00Z, or 10min`);
  return Math.floor(us);
}
