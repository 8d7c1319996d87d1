/** Handshakes of one server: tells what was agreed, and why the others failed. */
import type { Server, TLSSocket } from "node:tls";
import { ArqonError } from "@arqon/core/base";
import type { Certificates } from "./certificates.ts";
import { factsOf, type TlsFacts } from "./facts.ts";
import { refusalOf, type TlsRefusal } from "./refusals.ts";

/** Who hears of handshakes. */
export interface TlsObserver {
  secured(facts: TlsFacts): void;
  refused(refusal: TlsRefusal): void;
}

/**
 * Watches a TLS server's handshakes and keeps it at the present certificates. `accept` gets those that keep what the mode
 * promises; the mode is checked on what was agreed, whatever was configured.
 */
export function watchHandshakes(
  server: Server,
  certificates: Certificates,
  observer: TlsObserver,
  accept: (socket: TLSSocket, facts: TlsFacts) => void = () => {},
): void {
  certificates.follow(server);
  server.on("tlsClientError", (cause, { authorizationError }) => {
    // A certificate that is not accepted ends the connection without an error of its own.
    const why = authorizationError ? { code: String(authorizationError), message: "" } : cause;
    observer.refused(refusalOf(why, certificates.mode));
  });
  server.prependListener("secureConnection", (socket) => {
    socket.on("error", () => {});
    const facts = factsOf(socket, certificates.mode);
    if (facts.version !== "TLSv1.3" || (facts.mode === "pqc-required" && !facts.postQuantum)) {
      const what = `${facts.version} with ${facts.group} is less than mode ${facts.mode} promises`;
      observer.refused({
        reason: "key_exchange",
        mode: facts.mode,
        error: new ArqonError("TLS_REFUSED", what),
      });
      socket.destroy();
      return;
    }
    observer.secured(facts);
    accept(socket, facts);
  });
}
