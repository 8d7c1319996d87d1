/** Habits of tokens that no real one here has: a nonce of its own, as AWS CloudHSM, and going away while it is used. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "@arqon/core/base";
import { afterEach, expect, test } from "vitest";
import type { KeyToken } from "../token.ts";
import { openToken } from "./open-token.ts";

/** Stands in for the plug-in: one slot, one AES key, and the habit in question. */
const PLUGIN = `
const { createCipheriv, createDecipheriv, randomBytes } = require("node:crypto");
const key = randomBytes(32);
let using;
exports.PKCS11 = class {
  load() {}
  C_Initialize() {}
  C_Finalize() {}
  C_GetSlotList() { return [Buffer.from("slot")]; }
  C_GetTokenInfo() { return { label: "hsm1", flags: 0x40d }; }
  C_GetMechanismList() { return []; }
  C_OpenSession() { return Buffer.from("session"); }
  C_CloseSession() {}
  C_Login() {}
  C_FindObjectsInit() {}
  C_FindObjects() { return [Buffer.from("key")]; }
  C_FindObjectsFinal() {}
  C_EncryptInit(session, mechanism) { using = mechanism.parameter; }
  C_Encrypt(session, plain) {
    randomBytes(12).copy(using.iv);
    const cipher = createCipheriv("aes-256-gcm", key, using.iv).setAAD(using.aad);
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }
  C_DecryptInit(session, mechanism) {
    using = mechanism.parameter;
    if (globalThis.arqonTestAnswer) throw Object.assign(new Error("CKR_TEST"), { code: globalThis.arqonTestAnswer });
  }
  C_Decrypt(session, sealed) {
    const cipher = createDecipheriv("aes-256-gcm", key, using.iv).setAAD(using.aad);
    cipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  }
};
`;

let folder: string | undefined;
afterEach(() => {
  if (folder) rmSync(folder, { recursive: true });
  Reflect.deleteProperty(globalThis, "arqonTestAnswer");
});

function openPlugin(): KeyToken {
  folder = mkdtempSync(join(tmpdir(), "arqon-token-"));
  const plugin = join(folder, "plugin.cjs");
  writeFileSync(plugin, PLUGIN);
  return openToken(plugin, { module: "/opt/hsm.so", label: "hsm1" }, "user:pin");
}

test("what a token wrapped under a nonce of its own opens again", () => {
  const token = openPlugin();
  const ours = new Uint8Array(12);
  const sealed = token.encrypt("aa", ours, utf8("a data key"), "context");
  expect(sealed.subarray(0, 12)).not.toEqual(ours);
  expect(token.decrypt("aa", sealed, "context")).toEqual(utf8("a data key"));
  expect(() => token.decrypt("aa", sealed, "another")).toThrow(
    expect.objectContaining({ code: "SEAL_BROKEN" }),
  );
  token.close();
});

test("a token that went away is not there; what it does not open otherwise is broken", () => {
  const token = openPlugin();
  const sealed = token.encrypt("aa", new Uint8Array(12), utf8("a data key"), "context");
  for (const [answer, code] of [
    [0x32, "KEYSTORE_UNAVAILABLE"], // DEVICE_REMOVED
    [0xb3, "KEYSTORE_UNAVAILABLE"], // SESSION_HANDLE_INVALID
    [0x101, "KEYSTORE_UNAVAILABLE"], // USER_NOT_LOGGED_IN
    [0x05, "SEAL_BROKEN"], // GENERAL_ERROR, SoftHSM's word for another context
    [0x40, "SEAL_BROKEN"], // ENCRYPTED_DATA_INVALID
  ] as const) {
    Reflect.set(globalThis, "arqonTestAnswer", answer);
    expect(() => token.decrypt("aa", sealed, "context"), String(answer)).toThrow(
      expect.objectContaining({ code }),
    );
  }
  token.close();
});
