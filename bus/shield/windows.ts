/** The two windows of a connection on which credit was agreed. */
import type { Hello } from "@arqon/core/wire";
import type { Outbox } from "../spine/index.ts";
import type { ShieldContext } from "./context.ts";
import { DeliveryCredit } from "./delivery-credit.ts";
import { PublishCredit } from "./publish-credit.ts";
import type { Transport } from "./transport.ts";

/** What the windows need of their connection. */
export interface Windowed {
  readonly transport: Transport;
  readonly outbox: Outbox;
  /** Tells the client that it may publish so much more. */
  grant(messages: number, bytes: number): void;
  tellDropped(messages: number): void;
  overflow(): void;
  /** There is room again for shared work. */
  roomy(): void;
  pause(): void;
  resume(): void;
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
  const { transport, outbox } = windowed;
  const { limits, press, turn } = context;
  const deliveries = new DeliveryCredit(
    {
      sizeOf: (written) => transport.sizeOf(written),
      send: (written, droppable) => transport.send(written, droppable),
      waitingBytes: () => outbox.bytes,
      dropped: (messages) => windowed.tellDropped(messages),
      overflow: () => windowed.overflow(),
      roomy: () => windowed.roomy(),
      atEnd: (call) => turn.atEnd(call),
    },
    press,
    limits.outboundBytes,
  );
  deliveries.grant(hello.receiveMessages, hello.receiveBytes);
  const publications: PublishCredit = new PublishCredit(
    {
      grant: (messages, bytes) => windowed.grant(messages, bytes),
      pause: () => windowed.pause(),
      resume: () => windowed.resume(),
      isHeld: () => windowed.pauses() > (publications.overrun ? 1 : 0),
      atEnd: (call) => turn.atEnd(call),
    },
    limits.publishMessages,
    limits.publishBytes,
  );
  return { deliveries, publications };
}
