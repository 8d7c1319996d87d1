/** `arqon sub FILTER`: prints messages as they come, until Ctrl-C. */
import type { Client, Subscription } from "@arqon/sdk";
import type { Command } from "../command.ts";
import { onInterrupt } from "../interrupts.ts";
import { printLines } from "../lines.ts";
import { messageJson, messageLine } from "../message-view.ts";
import { withServer } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { wholeNumber } from "../whole-number.ts";

export const sub: Command = {
  name: "sub",
  summary: "print the messages of a filter as they come; with --json one a line",
  positionals: ["FILTER"],
  options: {
    count: { type: "string", value: "N", help: "end after that many (default: with Ctrl-C)" },
    "from-sequence": {
      type: "string",
      value: "N",
      help: "begin with what was logged from this sequence on; nothing logged is missed then",
    },
    group: { type: "string", value: "G", help: "share the messages with the other members of this group" },
  },
  example: "arqon sub 'lab.>' --from-sequence 1 --count 10",
  async run(args, terminal) {
    const [filter] = args.positionals as [string];
    const count = wholeNumber(args, "count", 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
    const fromSequence = wholeNumber(args, "from-sequence", 0, Number.MAX_SAFE_INTEGER);
    const queueGroup = args.text("group");
    return withServer(terminal, async (client: Client) => {
      const subscription = await client.subscribe(filter, {
        ...(fromSequence !== undefined && { fromSequence }),
        ...(queueGroup && { queueGroup }),
      });
      const stop = onInterrupt(() => void subscription.close().catch(() => process.exit(130)));
      terminal.note(`listening on ${filter}; stop with Ctrl-C`);
      try {
        await printAll(subscription, count, terminal);
      } finally {
        stop();
      }
      if (subscription.dropped > 0)
        terminal.note(`note: ${subscription.dropped} messages were left out; read faster`);
      return 0;
    });
  },
};

async function printAll(subscription: Subscription, count: number, terminal: Terminal): Promise<void> {
  let printed = 0;
  for await (const message of subscription) {
    await printLines(terminal, [messageLine(message)], messageJson(message));
    if (++printed >= count) return;
  }
}
