/** How the bus of a bench is set up; everything is off when left out. */

/** What differs between one bus of a bench and another. Travels to its process as JSON. */
export interface BusTraits {
  /** Where the log lies; left out: messages are delivered and not kept. */
  readonly folder?: string;
  /** The port it says is of a listener with TLS 1.3. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** The port it says is of bare TCP. */
  readonly tcp?: boolean;
  /** Without the kernel in WebAssembly. */
  readonly plainPath?: boolean;
  /** Laws of the Reality "lawful", which is made then. */
  readonly ordering?: string;
  /** Follows what is published and writes spans of traced messages, as the server does with OTLP on. */
  readonly tracerFile?: string;
  /** Capabilities of the principal beside those it needs. */
  readonly moreGrants?: number;
  /** Makes its page of metrics this often, as if it were asked for it. */
  readonly scrapesPerS?: number;
  /** Times each message from the connection accepted as number `from` until it was written to number `to`. */
  readonly queueing?: { readonly from: number; readonly to: number };
}
