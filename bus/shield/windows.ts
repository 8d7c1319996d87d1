/** The two windows of a connection on which credit was agreed. */
import type { Hello } from "@arqon/core/wire";
import type { Outbox, OutboxEvents, Port, Reality } from "../spine/index.ts";
import type { ShieldContext } from "./context.ts";
import { DeliveryCredit } from "./delivery-credit.ts";
import { PublishCredit } from "./publish-credit.ts";
import type { Transport } from "./transport.ts";

/** The connection whose windows they are. */
export interface Windowed {
  readonly port: Port;
  readonly reality: Reality;
  readonly transport: Transport;
  readonly outbox: Outbox;
  readonly events: OutboxEvents;
  /** Reasons for which nothing is read from it. */
  pauses(): number;
}

/** Both windows. */
export interface Windows {
  /** What the client granted. */
  readonly deliveries: DeliveryCredit;
  /** What it was granted. */
  readonly publications: PublishCredit;
}

/** Opens both windows, the client's as wide as it said at hello. */
export function openWindows(windowed: Windowed, hello: Hello, context: ShieldContext): Windows {
  const { port, reality, transport, outbox, events, pauses } = windowed;
  const { limits, press, turn } = context;
  const atEnd = (call: () => void): void => turn.atEnd(call);
  const deliveries = new DeliveryCredit(
    {
      ...events,
      sizeOf: (written) => transport.sizeOf(written),
      send: (written, droppable) => transport.send(written, droppable),
      slowConsumer: () => outbox.slowConsumer,
      waitingBytes: () => outbox.bytes,
      atEnd,
    },
    press,
    limits.outboundBytes,
  );
  deliveries.grant(hello.receiveMessages, hello.receiveBytes);
  const publications: PublishCredit = new PublishCredit(
    {
      grant: (messages, bytes) =>
        reality.send(port, 0n, { case: "credit", value: { messages, bytes: BigInt(bytes) } }),
      pause: () => port.pause(),
      resume: () => port.resume(),
      isHeld: () => pauses() > (publications.overrun ? 1 : 0),
      atEnd,
    },
    limits.publishMessages,
    limits.publishBytes,
  );
  return { deliveries, publications };
}
