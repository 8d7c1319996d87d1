/** Requests and responses of either version of HTTP. */
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { universalResponseToNodeResponse } from "@connectrpc/connect-node";

/** A request as Node hands it over. */
export type GatewayRequest = IncomingMessage | Http2ServerRequest;
/** Its response, with the methods both versions share. */
export type GatewayResponse = Parameters<typeof universalResponseToNodeResponse>[1];
