/** Request and reply: an inbox topic of one's own on each connection. */
import { ArqonError } from "@arqon/core/base";
import {
  Durability,
  ErrorInfoSchema,
  encodeMessage,
  errorFromInfo,
  MessageType,
  type OpCase,
  payloadOf,
  requireTopic,
} from "@arqon/core/wire";
import { requireText } from "./argument.ts";
import type { Delivery } from "./delivery.ts";
import type { Link } from "./link.ts";
import { Message } from "./message.ts";
import type { Part } from "./part.ts";
import { messageOf, type Payload } from "./payload.ts";
import type { Session } from "./session.ts";
import { bounded, type WaitOptions } from "./wait.ts";

/** How to ask. */
export interface RequestOptions extends WaitOptions {
  readonly schema?: string;
  /** W3C Trace Context. */
  readonly trace?: Readonly<Record<string, string>>;
}

interface Waiting {
  readonly messageId: string;
  readonly outcome: PromiseWithResolvers<Message>;
}

/** Number under which the inbox is subscribed; above those of {@link Subscriptions}, which count from 1. */
const INBOX_SUBSCRIPTION = 0x7fff_ffff;

/** The requests of one client that wait for their reply. */
export class Inbox implements Part {
  readonly #session: Session;
  readonly #waiting = new Map<string, Waiting>();
  #opened: { link: Link; done: Promise<unknown> } | undefined;
  #count = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Publishes a request and waits for the first reply.
   * @throws ArqonError `NO_RESPONDER`, `DEADLINE_EXCEEDED`, `CONNECTION_LOST`, or what the responder answered.
   */
  async request(topic: string, payload: Payload, options: RequestOptions): Promise<Message> {
    requireTopic(requireText("topic", topic));
    const { timer, newId, timeoutMs } = this.#session.settings;
    const { schema = "", trace = {} } = options;
    const wait = { ...options, timeoutMs: options.timeoutMs ?? timeoutMs };
    const link = await this.#session.up(wait);
    await this.#open(link, wait);
    const replyTo = `inbox.${link.welcome.connectionId}.${++this.#count}`;
    const init = { id: newId(), topic, type: MessageType.EVENT, durability: Durability.EPHEMERAL };
    const envelope = messageOf({ ...init, schema, replyTo, traceContext: { ...trace } }, payload);
    const outcome = Promise.withResolvers<Message>();
    link.publish(encodeMessage(envelope));
    this.#waiting.set(replyTo, { messageId: init.id, outcome });
    try {
      return await bounded(timer, outcome.promise, wait, `the reply on "${topic}"`);
    } finally {
      this.#waiting.delete(replyTo);
    }
  }

  /** Takes a message that is a reply to one of these requests. Returns whether it was. */
  deliver(delivery: Delivery): boolean {
    const { topic } = delivery;
    if (!topic.startsWith("inbox.")) return false;
    const waiting = this.#waiting.get(topic);
    if (!waiting) return topic.startsWith(`inbox.${this.#session.welcome.connectionId}.`);
    try {
      const { envelope } = delivery;
      if (envelope.payload?.typeUrl === `type.googleapis.com/${ErrorInfoSchema.typeName}`)
        waiting.outcome.reject(errorFromInfo(payloadOf(envelope, ErrorInfoSchema)));
      else waiting.outcome.resolve(new Message(delivery));
    } catch (thrown) {
      waiting.outcome.reject(thrown);
    }
    return true;
  }

  op(op: OpCase): boolean {
    if (op.case !== "error" || op.value.messageId === "") return false;
    for (const { messageId, outcome } of this.#waiting.values())
      if (messageId === op.value.messageId) {
        outcome.reject(errorFromInfo(op.value));
        return true;
      }
    return false;
  }

  lost(error: ArqonError): void {
    const lost = new ArqonError("CONNECTION_LOST", `before the reply came: ${error.message}`, {
      cause: error,
    });
    for (const { outcome } of this.#waiting.values()) outcome.reject(lost);
  }

  closed(error: ArqonError): void {
    for (const { outcome } of this.#waiting.values()) outcome.reject(error);
  }

  async #open(link: Link, wait: WaitOptions): Promise<void> {
    if (this.#opened?.link !== link) {
      const filter = `inbox.${link.welcome.connectionId}.>`;
      const done = link.ask({ case: "subscribe", value: { subscription: INBOX_SUBSCRIPTION, filter } });
      done.catch(() => {
        if (this.#opened?.link === link) this.#opened = undefined;
      });
      this.#opened = { link, done };
    }
    const bound = { timeoutMs: this.#session.settings.timeoutMs, ...wait };
    await bounded(this.#session.settings.timer, this.#opened.done, bound, "opening the inbox");
  }
}
