/** Reads the log of a Reality, page by page. */
import { requireFilter } from "@arqon/core/wire";
import { Delivery } from "./delivery.ts";
import { Message } from "./message.ts";
import type { Session } from "./session.ts";
import type { WaitOptions } from "./wait.ts";

/** Which logged messages. Every bound left out is open. */
export interface HistoryOptions extends WaitOptions {
  /** Topic filter. Default ">": everything one may read. */
  readonly filter?: string;
  /** First sequence, inclusive. */
  readonly fromSequence?: number;
  /** Last sequence, inclusive. */
  readonly toSequence?: number;
  /** UTC microseconds, inclusive. */
  readonly fromUs?: number;
  /** UTC microseconds, exclusive. */
  readonly toUs?: number;
  /** Messages asked for at a time. Default: the server's. */
  readonly pageSize?: number;
}

/**
 * Logged messages in sequence order; the next page is read when the ones before were taken.
 * @throws ArqonError `TOPIC_INVALID`, `PERMISSION_DENIED`, `HISTORY_TRIMMED`
 */
export async function* readHistory(
  session: Session,
  options: HistoryOptions,
): AsyncGenerator<Message, void, undefined> {
  const filter = requireFilter(options.filter ?? ">");
  let from = BigInt(options.fromSequence ?? 0);
  for (;;) {
    const value = {
      filter,
      fromSequence: from,
      toSequence: BigInt(options.toSequence ?? 0),
      fromUnixUs: BigInt(options.fromUs ?? 0),
      toUnixUs: BigInt(options.toUs ?? 0),
      limit: options.pageSize ?? 0,
    };
    const page = await session.ask({ case: "historyGet", value }, "historyPage", options);
    for (const bytes of page.messages) yield new Message(new Delivery(bytes));
    if (page.nextSequence <= from) return;
    from = page.nextSequence;
  }
}
