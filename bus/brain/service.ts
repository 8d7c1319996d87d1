/** A service inside the bus: it is asked on a topic and answers as the bus, like any other client would. */
import { ArqonError, type Json } from "@arqon/core/base";
import {
  type ArqonMessage,
  decodeMessage,
  fromJson,
  MessageType,
  messageWith,
  ValueSchema,
} from "@arqon/core/wire";
import { constantStamp, type Press } from "../kernel/index.ts";
import { BUS_PRINCIPAL, type Port, type Reality } from "../spine/index.ts";

/** Answers a request with JSON. */
export type Answer = (request: ArqonMessage) => Json;

/** A port that serves request topics of one Reality. */
export class ServicePort implements Port {
  readonly id: string;
  readonly principal: typeof BUS_PRINCIPAL = BUS_PRINCIPAL;
  readonly stamp: Uint8Array;
  readonly sam: undefined;
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
    const request = decodeMessage(press.sheet.bytes.subarray(press.body, press.end));
    const answer = this.#answers.get(request.topic);
    if (answer === undefined || request.replyTo === "") return;
    const { replyTo } = request;
    // Not within the delivery of the request: the press is in use there.
    queueMicrotask(() => this.say(replyTo, answer(request)));
  }

  /** Publishes a JSON event as the bus. */
  say(topic: string, value: Json): void {
    if (!topic.startsWith("inbox.") && !topic.startsWith("sys."))
      throw new ArqonError("TOPIC_INVALID", `a service of the bus does not publish on "${topic}"`);
    this.#reality.announce(
      messageWith(
        { id: this.#newId(), topic, type: MessageType.EVENT },
        ValueSchema,
        fromJson(ValueSchema, value as never),
      ),
    );
  }

  hasRoom(): boolean {
    return true;
  }

  pause(): void {}

  resume(): void {}
}
