/** A TCP proxy whose connections can be cut, so that a client sees its connection break. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A running proxy. */
export interface FragileWire {
  readonly port: number;
  /** Connections made so far. */
  readonly count: number;
  /** Breaks every open connection. */
  cut(): void;
  /** While refusing, new connections break at once. */
  refuse(refusing: boolean): void;
  close(): Promise<void>;
}

/** Forwards a port of loopback to `target`. */
export async function startProxy(target: number): Promise<FragileWire> {
  const open = new Set<Socket>();
  let count = 0;
  let refusing = false;
  const server = createServer((near) => {
    if (refusing) {
      near.destroy();
      return;
    }
    count++;
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get count(): number {
      return count;
    },
    cut,
    refuse: (value) => {
      refusing = value;
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
