/** Who may come in: versions, keys and how many connections one principal may have. */
import { ArqonError } from "@arqon/core/base";
import {
  decodeMessage,
  type Hello,
  type OpInit,
  OpSchema,
  PROTOCOL_VERSION,
  payloadOf,
} from "@arqon/core/wire";
import { type Principal, RECENT_AGE_US, type Reality } from "../spine/index.ts";
import type { Proof } from "./access.ts";
import type { ShieldContext } from "./context.ts";

/** The hello in the first message of a connection. @throws ArqonError `WIRE_MALFORMED`, `WIRE_PROTOCOL`. */
export function readHello(bytes: Uint8Array): { readonly corr: bigint; readonly hello: Hello } {
  // Copied: what it holds, such as a SAM, is kept as long as the connection.
  const { corr, op } = payloadOf(decodeMessage(Buffer.from(bytes)), OpSchema);
  if (op.case !== "hello") throw new ArqonError("WIRE_PROTOCOL", "the first message must be hello");
  return { corr, hello: op.value };
}

/**
 * The principal of a client that says hello.
 *
 * @param bearer  the key of the upgrade request, which goes before the one in hello.
 * @param identities  URIs of a verified client certificate; they speak for a client that gives no key at all.
 * @throws ArqonError `WIRE_VERSION`, `AUTH_REQUIRED`, `RATE_LIMITED`, `SHUTTING_DOWN`.
 */
export function admitHello(
  hello: Hello,
  bearer: string | undefined,
  identities: readonly string[],
  context: ShieldContext,
): { readonly principal: Principal; readonly proof: Proof } {
  const { access, limits, census } = context;
  if (hello.versionMin > PROTOCOL_VERSION || hello.versionMax < PROTOCOL_VERSION)
    throw new ArqonError(
      "WIRE_VERSION",
      `the client speaks versions ${hello.versionMin} to ${hello.versionMax}, the server ${PROTOCOL_VERSION}`,
    );
  if (!context.isReady()) throw new ArqonError("SHUTTING_DOWN", "the server takes no new work");
  const proof = access.proofOf(bearer ?? hello.apiKey, identities);
  const principal = proof();
  if (principal === undefined) throw new ArqonError("AUTH_REQUIRED", "the API key is missing or not known");
  const open = census.get(principal.id) ?? 0;
  if (open >= limits.maxConnectionsPerPrincipal)
    throw new ArqonError("RATE_LIMITED", `"${principal.id}" has ${open} connections, its limit`);
  census.set(principal.id, open + 1);
  return { principal, proof };
}

/** A connection of a principal is gone. */
export function leave(principal: Principal, { census }: ShieldContext): void {
  const open = census.get(principal.id) ?? 0;
  if (open > 1) census.set(principal.id, open - 1);
  else census.delete(principal.id);
}

/** The answer to an accepted hello. */
export function welcome(
  connectionId: string,
  principal: Principal,
  reality: Reality,
  features: ReadonlySet<string>,
  { limits, clock }: ShieldContext,
): OpInit {
  return {
    case: "welcome",
    value: {
      version: PROTOCOL_VERSION,
      connectionId,
      principal: principal.id,
      reality: reality.name,
      epoch: reality.epoch,
      maxFrameBytes: BigInt(limits.frameBytes),
      heartbeatMs: limits.heartbeatMs,
      serverTimeUnixUs: BigInt(clock.nowUs()),
      lastSequence: BigInt(reality.lastSequence),
      duplicateWindowMs: BigInt(RECENT_AGE_US / 1000),
      features: [...features],
      ...(features.has("credit") && {
        publishMessages: limits.publishMessages,
        publishBytes: BigInt(limits.publishBytes),
      }),
    },
  };
}
