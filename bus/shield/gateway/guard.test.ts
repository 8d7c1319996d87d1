import { expect, test } from "vitest";
import { showsNothing } from "./guard.ts";
import type { GatewayRequest } from "./http.ts";

const withCertificate = (authorized: boolean, subjectAltName: string): GatewayRequest["socket"] =>
  ({ authorized, getPeerX509Certificate: () => ({ subjectAltName }) }) as unknown as GatewayRequest["socket"];
const plain = {} as GatewayRequest["socket"];

test("who shows a key or a verified certificate gets what is for them, never what caches give to everyone", () => {
  const shows = (socket: GatewayRequest["socket"], authorization?: string): boolean =>
    !showsNothing({ socket, headers: { ...(authorization !== undefined && { authorization }) } });
  expect(shows(plain)).toBe(false);
  expect(shows(plain, "Bearer x")).toBe(true);
  expect(shows(plain, "")).toBe(true);
  expect(shows(withCertificate(true, "URI:urn:lab:device"))).toBe(true);
  expect(shows(withCertificate(false, "URI:urn:lab:device"))).toBe(false);
  expect(shows(withCertificate(true, "DNS:localhost"))).toBe(false);
});
