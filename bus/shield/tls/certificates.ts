/** The certificates of a server while it runs: read again from time to time, so that they can be renewed without a restart. */
import type { Server, TlsOptions } from "node:tls";
import { ArqonError, type Cancel, type Clock, type Entropy, type Timer } from "@arqon/core/base";
import type { CryptoMode } from "@arqon/core/proof";
import { type Credentials, readCredentials, type ServedCertificate, type TlsFiles } from "./credentials.ts";

/** Keys of session tickets, as node:tls wants them. */
const TICKET_KEY_BYTES = 48;

/** Certificates that follow their files. */
export class Certificates {
  readonly #files: TlsFiles;
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #servers = new Set<Server>();
  #current: Credentials;

  /** @throws ArqonError `TLS_CERTIFICATE` as `readCredentials`. */
  constructor(files: TlsFiles, clock: Clock, entropy: Entropy) {
    this.#files = files;
    this.#clock = clock;
    this.#entropy = entropy;
    this.#current = readCredentials(files, clock);
  }

  get mode(): CryptoMode {
    return this.#current.mode;
  }

  get served(): readonly ServedCertificate[] {
    return this.#current.served;
  }

  /** Options of a server that is made now. Sessions of one set of certificates are not resumed under another. */
  options(): TlsOptions {
    return { ...this.#current.options, ticketKeys: Buffer.from(this.#entropy(TICKET_KEY_BYTES)) };
  }

  /** Keeps a server at the present certificates until it closes. */
  follow(server: Server): void {
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
  }

  /**
   * Reads the files again. New connections get what changed; open ones stay. Returns whether anything had changed.
   * @throws ArqonError `TLS_CERTIFICATE`; what was served before is then still served.
   */
  reload(): boolean {
    const next = readCredentials(this.#files, this.#clock);
    if (JSON.stringify(next.options) === JSON.stringify(this.#current.options)) return false;
    this.#current = next;
    for (const server of this.#servers) server.setSecureContext(this.options());
    return true;
  }

  /** Reloads every `everyMs`. A trouble is told once, not every time. Returns the way to stop. */
  watch(timer: Timer, everyMs: number, tell: (line: string) => void): Cancel {
    let cancel: Cancel = () => {};
    let told = "";
    const look = (): void => {
      try {
        if (this.reload()) tell(`certificates renewed: ${this.served.map(({ file }) => file).join(", ")}`);
        told = "";
      } catch (thrown) {
        const { message, code } = ArqonError.from(thrown);
        if (message !== told) tell(`certificates not renewed: ${message} [${code}]`);
        told = message;
      }
      cancel = timer.after(everyMs, look);
    };
    cancel = timer.after(everyMs, look);
    return () => cancel();
  }
}
