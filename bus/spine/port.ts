/** A connection as the Spine sees it: someone who publishes, and to whom messages are handed. */
import type { Sam } from "@arqon/core/wire";
import type { Press } from "../kernel/index.ts";

/** Who acts: a person, a service or an operator, known by an API key. */
export interface Principal {
  /** Stamped as producer_id. One topic token. */
  readonly id: string;
  readonly tenant: string;
  /** The server's own services: may seal results and publish on "sys.>". */
  readonly trusted: boolean;
  /** `can_publish:<filter>`, `can_subscribe:<filter>`, `can_execute:<filter>`. */
  readonly capabilities: readonly string[];
}

/** The bus itself, where it is the author of a record. */
export const BUS_PRINCIPAL: Principal = { id: "arqon-bus", tenant: "", trusted: true, capabilities: [] };

/** One connection, or a service inside the bus. */
export interface Port {
  /** Connection id; one topic token. */
  readonly id: string;
  readonly principal: Principal;
  /** Producer and Reality as stamped on everything it publishes; see `constantStamp`. */
  readonly stamp: Uint8Array;
  /** What it said of itself at hello, when it is an operator. */
  readonly sam: Sam | undefined;
  /** Whether one acknowledgement may stand for several of its publications. */
  readonly takesAckRanges: boolean;
  /** Takes the messages the press has just written. `droppable`: they may be left out when the reader is slow. */
  deliver(press: Press, droppable: boolean): void;
  /** Takes the operation the press has just written: an answer, which needs no credit. */
  tell(press: Press): void;
  /** Whether it keeps up, so that shared work may go to it. */
  hasRoom(): boolean;
  /** Stops and resumes taking publications from it; calls may be nested by different reasons. */
  pause(): void;
  resume(): void;
}
