/** Taking a port, the same for every kind of server. */
import type { Server } from "node:net";
import { ArqonError } from "@arqon/core/base";
import type { Listener } from "./net.ts";

/**
 * Binds `server` and resolves with the port, also when 0 was asked for.
 * @param backlog  connections that may wait to be accepted; left out, the default of Node.
 * @throws ArqonError `SERVER_UNREACHABLE` when the address cannot be taken.
 */
export function listening(server: Server, host: string, port: number, backlog?: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refused = (cause: Error): void =>
      reject(
        new ArqonError("SERVER_UNREACHABLE", `cannot listen on ${host}:${port}: ${cause.message}`, {
          cause,
          remedy: "Choose another port, or stop the program that uses this one.",
        }),
      );
    server.once("error", refused);
    server.listen({ port, host, backlog }, () => {
      server.off("error", refused);
      server.on("error", () => {});
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** Connections that may wait to be accepted: as many as the machine allows. */
const BACKLOG = 65_535;

/** A place where streams arrive, once it has its port. @throws ArqonError as {@link listening} */
export async function listenerOf(server: Server, host: string, port: number): Promise<Listener> {
  return {
    port: await listening(server, host, port, BACKLOG),
    close: () => new Promise((done) => server.close(() => done())),
  };
}
