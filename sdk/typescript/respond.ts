/** The answering side of request and reply. */
import { ArqonError } from "@arqon/core/base";
import { Durability, ErrorInfoSchema, encodeMessage, errorInfo, MessageType } from "@arqon/core/wire";
import type { Message } from "./message.ts";
import { messageOf, type Payload, typed } from "./payload.ts";
import type { Session } from "./session.ts";
import { Subscription } from "./subscription.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { WaitOptions } from "./wait.ts";

/** How to answer. */
export interface RespondOptions extends WaitOptions {
  /** Responders of one group share the requests. */
  readonly queueGroup?: string;
  /** Requests handled at the same time. Default 64. */
  readonly maxInFlight?: number;
}

/**
 * Answers one request. `request.producer` is the principal that the bus authenticated: whoever answers with rights of
 * its own must decide by that, never by what the request says of itself. The reply goes to an inbox and nowhere else,
 * so that nobody can have a responder publish where they may not. What it throws is sent to the requester as an
 * error of the catalogue.
 */
export type Responder = (request: Message) => Payload | Promise<Payload>;

/** Serves requests on `topic` until the subscription returned is closed. */
export async function respond(
  session: Session,
  table: Subscriptions,
  topic: string,
  responder: Responder,
  options: RespondOptions,
): Promise<Subscription> {
  const { maxInFlight = 64, ...rest } = options;
  const subscription = await Subscription.open(session, table, topic, rest);
  void serve(session, subscription, responder, maxInFlight);
  return subscription;
}

async function serve(
  session: Session,
  subscription: Subscription,
  responder: Responder,
  maxInFlight: number,
): Promise<void> {
  const running = new Set<Promise<void>>();
  try {
    for await (const request of subscription) {
      if (request.replyTo === "") continue;
      if (!request.replyTo.startsWith("inbox.")) {
        const asked = `"${request.producer}" asked for a reply on "${request.replyTo}", which is no inbox`;
        session.settings.onError(new ArqonError("PERMISSION_DENIED", asked));
        continue;
      }
      const answering = answer(session, request, responder).finally(() => running.delete(answering));
      running.add(answering);
      if (running.size >= maxInFlight) await Promise.race(running);
    }
  } catch (thrown) {
    session.settings.onError(ArqonError.from(thrown));
  }
}

async function answer(session: Session, request: Message, responder: Responder): Promise<void> {
  const { newId, onError } = session.settings;
  const send = (payload: Payload): void => {
    const init = { id: newId(), topic: request.replyTo, type: MessageType.EVENT };
    const traceContext = { ...request.trace };
    const envelope = messageOf({ ...init, durability: Durability.EPHEMERAL, traceContext }, payload);
    session.link.publish(encodeMessage(envelope));
  };
  try {
    let payload: Payload;
    try {
      payload = await responder(request);
    } catch (thrown) {
      payload = typed(ErrorInfoSchema, errorInfo(ArqonError.from(thrown)));
    }
    try {
      send(payload);
    } catch (thrown) {
      send(typed(ErrorInfoSchema, errorInfo(ArqonError.from(thrown))));
    }
  } catch (thrown) {
    onError(ArqonError.from(thrown));
  }
}
