/** A token that takes no nonce from outside, as AWS CloudHSM: it writes its own where the caller's was. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "@arqon/core/base";
import { afterEach, expect, test } from "vitest";
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
  C_DecryptInit(session, mechanism) { using = mechanism.parameter; }
  C_Decrypt(session, sealed) {
    const cipher = createDecipheriv("aes-256-gcm", key, using.iv).setAAD(using.aad);
    cipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  }
};
`;

let folder: string | undefined;
afterEach(() => folder && rmSync(folder, { recursive: true }));

test("what a token wrapped under a nonce of its own opens again", () => {
  folder = mkdtempSync(join(tmpdir(), "arqon-token-"));
  const plugin = join(folder, "plugin.cjs");
  writeFileSync(plugin, PLUGIN);
  const token = openToken(plugin, { module: "/opt/hsm.so", label: "hsm1" }, "user:pin");
  const ours = new Uint8Array(12);
  const sealed = token.encrypt("aa", ours, utf8("a data key"), "context");
  expect(sealed.subarray(0, 12)).not.toEqual(ours);
  expect(token.decrypt("aa", sealed, "context")).toEqual(utf8("a data key"));
  expect(() => token.decrypt("aa", sealed, "another")).toThrow(
    expect.objectContaining({ code: "SEAL_BROKEN" }),
  );
  token.close();
});
