/** What lives longer than one connection. */
import type { ArqonError } from "@arqon/core/base";
import type { OpCase } from "@arqon/core/wire";
import type { Link } from "./link.ts";

/** A piece of client state that a new connection must be told of. */
export interface Part {
  /** A new connection was made: prepares it. Rejecting with a lost connection starts over. */
  restore?(link: Link): Promise<void>;
  /** Everything is prepared, and from this turn on the connection is in use. */
  stood?(link: Link): void;
  /** The connection was lost; another may come. */
  lost?(error: ArqonError): void;
  /** No connection comes any more. */
  closed?(error: ArqonError): void;
  /** An operation came that answers nothing. Returns whether it was for this part. */
  op?(op: OpCase): boolean;
}
