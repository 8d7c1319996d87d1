/** The gateway: jobs for clients that speak gRPC, gRPC-Web, Connect, or plain JSON over HTTP. A client of the bus, like any other. */
export type { GatewayClient, OpenClient } from "./client.ts";
export { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";
export type { GatewayLimits } from "./limits.ts";
