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
        overflow: "drop-oldest",
        ...(fromSequence !== undefined && { fromSequence }),
        ...(queueGroup && { queueGroup }),
      });
      const interrupted = new AbortController();
      const stop = onInterrupt(() => interrupted.abort());
      terminal.note(`listening on ${filter}; stop with Ctrl-C`);
      try {
        await printAll(subscription, count, terminal, interrupted.signal);
      } finally {
        stop();
      }
      const dropped = subscription.dropped + client.dropped;
      if (dropped > 0) terminal.note(`note: ${dropped} messages were left out; read faster`);
      return 0;
    });
  },
};

/** Until there are `count`, the subscription ends or the signal says so: then at once, whatever has arrived or waits. */
async function printAll(
  subscription: Subscription,
  count: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (let printed = 0; printed < count && !signal.aborted; printed++) {
      const message = await subscription.next({ signal });
      if (!message) return;
      await printLines(terminal, [messageLine(message)], messageJson(message), signal);
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
