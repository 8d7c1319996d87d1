import { expect, test } from "vitest";
import { readTlsFiles } from "./home.ts";
import { settle } from "./options.ts";
import { handshakeError, secureOptions } from "./tls.ts";

test("without TLS only this machine is connected to: a key would travel in the clear", () => {
  const options = (url: string) => ({ url, apiKey: "k".repeat(32) });
  for (const url of ["ws://lab.example:7417", "tcp://192.0.2.7:7417", "ws://[2001:db8::7]:1"])
    expect(() => settle(options(url))).toThrow(expect.objectContaining({ code: "TLS_REQUIRED" }));
  for (const url of [
    "wss://lab.example",
    "tls://192.0.2.7:1",
    "ws://127.0.0.1:1",
    "ws://[::1]:1",
    "tcp://localhost:1",
  ])
    expect(settle(options(url)).url).toBe(url);
});

test("files come from options, then from the environment, and TLS is never older than 1.3", () => {
  process.env["ARQON_CA"] = "/env/ca.pem";
  try {
    expect(readTlsFiles().caFile).toBe("/env/ca.pem");
    expect(readTlsFiles({ caFile: "/asked.pem" }).caFile).toBe("/asked.pem");
  } finally {
    delete process.env["ARQON_CA"];
  }
  const pem = "-----BEGIN CERTIFICATE-----";
  expect(secureOptions({ caFile: "/ca.pem" }, () => pem)).toEqual({ minVersion: "TLSv1.3", ca: pem });
  expect(() => secureOptions({ caFile: "/ca.pem" }, () => "x")).toThrow("/ca.pem is not PEM");
});

test("a failed handshake says whether the certificate or the mode is to be mended", () => {
  const of = (code: string) => handshakeError(Object.assign(new Error("m"), { code }), "wss://x")?.code;
  for (const code of [
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ])
    expect(of(code)).toBe("TLS_UNTRUSTED");
  for (const code of ["ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", "ERR_SSL_WRONG_VERSION_NUMBER"])
    expect(of(code)).toBe("TLS_REFUSED");
  expect(of("ECONNREFUSED")).toBe(undefined);
});
