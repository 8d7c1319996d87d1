/** `arqon history [FILTER]`: what was logged, by sequence or time. */
import type { Message } from "@arqon/sdk";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";
import { messageJson, messageLine } from "../message-view.ts";
import { withClient } from "../session.ts";
import { RANGE_OPTIONS, timeOption } from "../time.ts";
import { wholeNumber } from "../whole-number.ts";

const DEFAULT_LIMIT = 100;

export const history: Command = {
  name: "history",
  summary: "print logged messages, oldest first",
  positionals: ["FILTER?"],
  options: {
    ...RANGE_OPTIONS,
    limit: { type: "string", value: "N", help: `at most so many (default ${DEFAULT_LIMIT})` },
  },
  example: "arqon history 'lab.>' --since 2h --limit 20",
  async run(args, terminal) {
    const [filter = ">"] = args.positionals;
    const limit = wholeNumber(args, "limit", 1, 100_000) ?? DEFAULT_LIMIT;
    const fromSequence = wholeNumber(args, "from", 0, Number.MAX_SAFE_INTEGER);
    const toSequence = wholeNumber(args, "to", 1, Number.MAX_SAFE_INTEGER);
    const fromUs = timeOption(args, "since");
    const toUs = timeOption(args, "until");
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
