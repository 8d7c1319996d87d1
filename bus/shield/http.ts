/** The first bytes of a connection: a WebSocket upgrade, or a question about the server's health. */
import { ArqonError } from "@arqon/core/base";
import { SUBPROTOCOL } from "@arqon/core/wire";
import {
  acceptUpgrade,
  bearerOf,
  httpAnswer,
  parseHead,
  parseUpgrade,
  type RequestHead,
} from "../kernel/index.ts";
import { METRICS_MEDIA_TYPE } from "../metrics/index.ts";
import type { ShieldContext } from "./context.ts";
import { JSON_SUBPROTOCOL } from "./json-messages.ts";
import { originAllowed } from "./limits.ts";
import { Permissions } from "./permissions.ts";
import type { TlsFacts } from "./tls/index.ts";

/** What to do with a connection after its request. */
export interface HttpOutcome {
  /** Absent when the request could not be read. */
  readonly answer?: Uint8Array;
  /** Present when the connection is a WebSocket now; `rest` holds its first bytes. */
  readonly upgraded?: {
    readonly bearer: string | undefined;
    readonly protocol: string;
    readonly rest: Uint8Array;
  };
  /** Present when the request was refused. */
  readonly refusal?: ArqonError;
}

function refuse(status: number, reason: string, refusal: ArqonError, extra = ""): HttpOutcome {
  const body = JSON.stringify({ code: refusal.code, message: refusal.message, remedy: refusal.remedy });
  return { answer: httpAnswer(status, reason, body, extra), refusal };
}

/** How TLS begins, and no method of HTTP. */
const TLS_HANDSHAKE = 0x16;

/** Gathers the one request of a connection. */
export class HttpReader {
  readonly #context: ShieldContext;
  readonly #security: TlsFacts | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  /** @param security  of the connection, where it may come from beyond this machine. */
  constructor(context: ShieldContext, security: TlsFacts | undefined) {
    this.#context = context;
    this.#security = security;
  }

  /** Takes the next bytes; they are copied. Returns what to do once the head is whole, or cannot be. */
  push(chunk: Uint8Array): HttpOutcome | undefined {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    try {
      if (this.#bytes[0] === TLS_HANDSHAKE)
        throw new ArqonError("WIRE_PROTOCOL", "a TLS handshake came to a listener without TLS");
      const head = parseHead(this.#bytes);
      return head && answerHttp(head, this.#bytes.subarray(head.bytes), this.#context, this.#security);
    } catch (thrown) {
      // Also what tells a client that speaks TLS that nobody here does.
      return refuse(400, "Bad Request", ArqonError.from(thrown));
    }
  }
}

function answerHttp(
  head: RequestHead,
  rest: Uint8Array,
  context: ShieldContext,
  security: TlsFacts | undefined,
): HttpOutcome {
  let upgrade: ReturnType<typeof parseUpgrade>;
  try {
    upgrade = parseUpgrade(head);
  } catch (thrown) {
    return refuse(400, "Bad Request", ArqonError.from(thrown));
  }
  if (upgrade === undefined) return plain(head, context, security);
  if (!originAllowed(upgrade.origin, context.limits))
    return refuse(
      403,
      "Forbidden",
      new ArqonError("ORIGIN_REFUSED", `origin "${(upgrade.origin ?? "").slice(0, 128)}" may not connect`),
    );
  const protocol = upgrade.protocols.find((name) => name === SUBPROTOCOL || name === JSON_SUBPROTOCOL);
  if (protocol === undefined)
    return refuse(
      400,
      "Bad Request",
      new ArqonError(
        "WIRE_VERSION",
        `Sec-WebSocket-Protocol must offer ${SUBPROTOCOL} or ${JSON_SUBPROTOCOL}`,
      ),
      `Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n`,
    );
  if (!context.isReady())
    return refuse(
      503,
      "Service Unavailable",
      new ArqonError("SHUTTING_DOWN", "the server takes no new work"),
    );
  if (context.sessions.size > context.limits.maxConnections)
    return refuse(
      503,
      "Service Unavailable",
      new ArqonError(
        "RATE_LIMITED",
        `the server has ${context.limits.maxConnections} connections, its limit`,
      ),
      "Retry-After: 5\r\n",
    );
  return {
    answer: acceptUpgrade(upgrade.key, protocol),
    upgraded: { bearer: upgrade.bearer, protocol, rest },
  };
}

/** Whether new work would be taken: a log that refuses it still serves readers. */
function readiness({ isReady, spine }: ShieldContext): string {
  if (!isReady()) return "closing";
  const failing = spine.realities().find(({ trouble }) => trouble);
  return failing ? `the log of "${failing.name}" takes nothing: ${failing.trouble?.code}` : "ready";
}

/** The topic whose readers may read the figures of the bus from beyond this machine. */
const METRICS_TOPIC = "sys.bus.metrics";

/** @throws ArqonError `AUTH_REQUIRED`, `PERMISSION_DENIED` */
function requireMetrics(head: RequestHead, { access }: ShieldContext, { identities }: TlsFacts): void {
  const key = bearerOf(head.headers.get("authorization"));
  const principal = key === undefined ? access.identified(identities) : access.authenticate(key);
  if (principal === undefined)
    throw new ArqonError("AUTH_REQUIRED", "/metrics wants a key from beyond this machine");
  new Permissions(principal, "").requireSubscribe(METRICS_TOPIC);
}

function plain(head: RequestHead, context: ShieldContext, security: TlsFacts | undefined): HttpOutcome {
  if (head.method !== "GET" && head.method !== "HEAD")
    return { answer: httpAnswer(405, "Method Not Allowed", "{}", "Allow: GET, HEAD\r\n") };
  if (head.path === "/healthz") return { answer: httpAnswer(200, "OK", '{"status":"alive"}') };
  if (head.path === "/metrics") {
    try {
      if (security) requireMetrics(head, context, security);
    } catch (thrown) {
      const error = ArqonError.from(thrown);
      return error.code === "AUTH_REQUIRED"
        ? refuse(401, "Unauthorized", error, "WWW-Authenticate: Bearer\r\n")
        : refuse(403, "Forbidden", error);
    }
    return { answer: httpAnswer(200, "OK", context.metrics(), "", METRICS_MEDIA_TYPE) };
  }
  if (head.path === "/readyz") {
    const status = readiness(context);
    const body = JSON.stringify({ status });
    return status === "ready"
      ? { answer: httpAnswer(200, "OK", body) }
      : { answer: httpAnswer(503, "Service Unavailable", body) };
  }
  return {
    answer: httpAnswer(
      426,
      "Upgrade Required",
      `{"status":"this is an Arqon bus; connect with WebSocket and the subprotocol ${SUBPROTOCOL}"}`,
      "Upgrade: websocket\r\n",
    ),
  };
}
