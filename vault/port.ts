/** The vault over a message port: it works in a thread of its own, and its callers hold the same interface. */
import { ArqonError, isErrorCode } from "@arqon/core/base";
import type { FileKeys } from "./at-rest-files.ts";
import type { Vault } from "./vault.ts";

/** What is used of a `MessagePort`, that of worker_threads or of the web. */
export interface VaultPort {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: () => void): void;
  start(): void;
  close(): void;
}

type Method = Exclude<keyof Vault, "close">;
/** What may be called of a vault. */
const METHODS: Readonly<Record<Method, true>> = {
  seal: true,
  keep: true,
  sign: true,
  list: true,
  latest: true,
  find: true,
  lineage: true,
  bundle: true,
  import: true,
  audit: true,
  auditTail: true,
  logFile: true,
  publicKeys: true,
  refusedKeys: true,
  check: true,
};
const FILE_KEY_METHODS: Readonly<Record<keyof FileKeys, true>> = {
  create: true,
  open: true,
  isNewest: true,
};

interface Request {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly details: ArqonError["details"];
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: Failure;
}

/**
 * Answers the calls that come over `port`. Resolves once the other side has closed it and every call is answered; the
 * vault stays open.
 */
export function serveVault(vault: Vault, port: VaultPort): Promise<void> {
  return serve(vault, METHODS, port);
}

/** Answers calls for keys of files that come over `port`, as {@link serveVault}; the port is for nobody but the log. */
export function serveFileKeys(keys: FileKeys, port: VaultPort): Promise<void> {
  return serve(keys, FILE_KEY_METHODS, port, (value) => {
    // The other side has a copy of its own.
    const key =
      value instanceof Uint8Array ? value : (value as { readonly key?: Uint8Array } | undefined)?.key;
    key?.fill(0);
  });
}

function serve(
  target: object,
  methods: Readonly<Record<string, true>>,
  port: VaultPort,
  sent: (value: unknown) => void = () => {},
): Promise<void> {
  const busy = new Set<Promise<void>>();
  const answer = async ({ id, method, args }: Request): Promise<void> => {
    let reply: Reply;
    try {
      if (!Object.hasOwn(methods, method)) throw new TypeError(`the vault has no method "${String(method)}"`);
      const call = target[method as keyof typeof target] as (...given: unknown[]) => Promise<unknown>;
      reply = { id, value: await call.apply(target, [...args]) };
    } catch (thrown) {
      const { code, message, remedy, details } = ArqonError.from(thrown);
      reply = { id, failure: { code, message, remedy, details } };
    }
    port.postMessage(reply);
    sent(reply.value);
  };
  return new Promise((resolve) => {
    port.addEventListener("message", ({ data }) => {
      const running = answer(data as Request).finally(() => busy.delete(running));
      busy.add(running);
    });
    port.addEventListener("close", () => void Promise.allSettled(busy).then(() => resolve()));
    port.start();
  });
}

/** Calls over a port, and its end. */
interface Calls {
  call(method: string, args: readonly unknown[]): Promise<never>;
  close(): Promise<void>;
}

function callsOver(port: VaultPort): Calls {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  let gone: ArqonError | undefined;
  let idle: (() => void) | undefined;
  port.addEventListener("message", ({ data }) => {
    const { id, value, failure } = data as Reply;
    const call = waiting.get(id);
    waiting.delete(id);
    if (failure) call?.reject(errorOf(failure));
    else call?.resolve(value as never);
    if (waiting.size === 0) idle?.();
  });
  port.addEventListener("close", () => {
    gone ??= new ArqonError("CONNECTION_LOST", "the vault's thread has ended");
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
    idle?.();
  });
  port.start();

  const call: Calls["call"] = (method, args) =>
    new Promise((resolve, reject) => {
      if (gone) {
        reject(gone);
        return;
      }
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      try {
        port.postMessage({ id, method, args } satisfies Request);
      } catch (cause) {
        waiting.delete(id);
        reject(new TypeError(`an argument of ${method} cannot be sent to the vault's thread`, { cause }));
      }
    });

  return {
    call,
    async close() {
      gone ??= new ArqonError("SHUTTING_DOWN", "the vault is closed");
      if (waiting.size > 0)
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      port.close();
    },
  };
}

/**
 * The vault at the other end of `port`. Calls may run side by side; errors keep their code. Closing waits for the calls
 * under way and closes the port, not the vault. When the other end goes away, calls reject with `CONNECTION_LOST`.
 */
export function connectVault(port: VaultPort): Vault {
  const calls = callsOver(port);
  // All arguments go over, whichever they are: one that was lost could be the tenant.
  const through =
    <M extends Method>(method: M) =>
    (...args: Parameters<Vault[M]>): ReturnType<Vault[M]> =>
      calls.call(method, args) as ReturnType<Vault[M]>;
  return {
    seal: through("seal"),
    keep: through("keep"),
    sign: through("sign"),
    list: through("list"),
    latest: through("latest"),
    find: through("find"),
    lineage: through("lineage"),
    bundle: through("bundle"),
    import: through("import"),
    audit: through("audit"),
    auditTail: through("auditTail"),
    logFile: through("logFile"),
    publicKeys: through("publicKeys"),
    refusedKeys: through("refusedKeys"),
    check: through("check"),
    close: calls.close,
  };
}

/** The keys of files at the other end of `port`. */
export function connectFileKeys(port: VaultPort): FileKeys & { close(): Promise<void> } {
  const { call, close } = callsOver(port);
  return {
    create: (context) => call("create", [context]),
    open: (wrapped, context) => call("open", [wrapped, context]),
    isNewest: (wrapped) => call("isNewest", [wrapped]),
    close,
  };
}

function errorOf({ code, message, remedy, details }: Failure): ArqonError {
  return new ArqonError(isErrorCode(code) ? code : "INTERNAL", message, { remedy, details });
}
