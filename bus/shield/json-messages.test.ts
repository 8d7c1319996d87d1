import { utf8 } from "@arqon/core/base";
import { expect, test } from "vitest";
import { messageFromJson } from "./json-messages.ts";

test.each([
  '{"topic":"lab.a.b","topic":"lab.a.c"}',
  '{"topic":"lab.a.b","payload":{"@type":"type.googleapis.com/lab.X","value":"","value":"AQ=="}}',
  '{"topic":"lab.a.b"',
])("a message that other readers would read otherwise, or that is none, is refused: %s", (text) => {
  expect(() => messageFromJson(utf8(text))).toThrow(expect.objectContaining({ code: "WIRE_MALFORMED" }));
});
