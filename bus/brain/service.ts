/** A service inside the bus: it is asked on a topic and answers as the bus, like any other client would. */
import { ArqonError, type Json } from "@arqon/core/base";
import {
  type ArqonMessage,
  decodeMessage,
  ErrorInfoSchema,
  errorInfo,
  fromJson,
  MessageType,
  messageWith,
  requireTopic,
  ValueSchema,
} from "@arqon/core/wire";
import { constantStamp, type Press } from "../kernel/index.ts";
import { BUS_PRINCIPAL, type Port, type Reality } from "../spine/index.ts";

/** Answers a request with JSON, or throws what is told to who asked. */
export type Answer = (request: ArqonMessage) => Json | Promise<Json>;

/** A port that serves request topics of one Reality. */
export class ServicePort implements Port {
  readonly id: string;
  readonly principal: typeof BUS_PRINCIPAL = BUS_PRINCIPAL;
  readonly stamp: Uint8Array;
  readonly sam: undefined;
  readonly takesAckRanges = false;
  readonly #reality: Reality;
  readonly #newId: () => string;
  readonly #answers: ReadonlyMap<string, Answer>;

  constructor(reality: Reality, newId: () => string, answers: ReadonlyMap<string, Answer>) {
    this.id = newId();
    this.stamp = constantStamp(BUS_PRINCIPAL.id, reality.name);
    this.#reality = reality;
    this.#newId = newId;
    this.#answers = answers;
    let number = 0;
    for (const topic of answers.keys())
      reality.subscriptions.add(this, {
        subscription: ++number,
        filter: topic,
        queueGroup: "",
        maxInFlight: 0,
      });
  }

  deliver(press: Press): void {
    let request: ArqonMessage;
    try {
      request = decodeMessage(press.sheet.bytes.subarray(press.body, press.end));
      // Only inboxes: nobody else is to hear the bus say what a client made it say.
      if (!requireTopic(request.replyTo).startsWith("inbox.")) return;
    } catch {
      return; // not a request; there is nobody to tell
    }
    const answer = this.#answers.get(request.topic);
    // Not within the delivery of the request: the press is in use there.
    if (answer) queueMicrotask(() => void this.#answer(request, answer));
  }

  async #answer(request: ArqonMessage, answer: Answer): Promise<void> {
    try {
      this.say(request.replyTo, await answer(request));
    } catch (thrown) {
      const error = errorInfo(ArqonError.from(thrown), request.id);
      this.#reality.announce(
        messageWith(
          { id: this.#newId(), topic: request.replyTo, type: MessageType.EVENT },
          ErrorInfoSchema,
          error,
        ),
      );
    }
  }

  /** Publishes a JSON event as the bus. */
  say(topic: string, value: Json): void {
    this.#reality.announce(
      messageWith(
        { id: this.#newId(), topic, type: MessageType.EVENT },
        ValueSchema,
        fromJson(ValueSchema, value as never),
      ),
    );
  }

  tell(): void {}

  hasRoom(): boolean {
    return true;
  }

  pause(): void {}

  resume(): void {}
}
