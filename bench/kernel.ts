/** What one message costs in memory, step by step: the kernel beside the plain path, over sizes of payloads. No sockets. */
import { constantStamp, Deframer, Kernel, Press, STOP } from "@arqon/bus/kernel";
import { BytesValueSchema, encodeMessage, MessageType, messageWith, scanEnvelope } from "@arqon/core/wire";
import { type BenchOptions, type BenchRow, benchRow } from "./row.ts";

export const name = "kernel";

const TOPIC = "sim.world1.entity.42";
const SIZES = [16, 64, 256, 1_024, 4_096, 16_384, 65_536];
const MASK = [0x5a, 0xc3, 0x17, 0x99];

function envelope(payloadBytes: number): Uint8Array {
  return encodeMessage(
    messageWith(
      {
        id: "01980000-7a3b-7c11-9f00-0123456789ab",
        topic: TOPIC,
        type: MessageType.EVENT,
        schema: "arqonbus.sim.entity.v1",
      },
      BytesValueSchema,
      { value: new Uint8Array(payloadBytes).fill(7) },
    ),
  );
}

function maskedFrame(payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x82;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.from(MASK), payload.map((byte, i) => byte ^ (MASK[i & 3] as number))]);
}

/** As many frames as one read of a socket gives. */
function chunkOf(frame: Buffer, room: number): { readonly chunk: Buffer; readonly messages: number } {
  const messages = Math.max(1, Math.floor(room / frame.length));
  return { chunk: Buffer.concat(Array.from({ length: messages }, () => frame)), messages };
}

/** CPU nanoseconds of one message: a call takes `messages`. CPU time does not see who else uses the machine. */
function time(messages: number, budgetMs: number, call: () => void): number {
  let calls = 0;
  const begun = process.cpuUsage();
  for (;;) {
    for (let i = 0; i < 8; i++) call();
    calls += 8;
    const { user, system } = process.cpuUsage(begun);
    if (user + system >= budgetMs * 1000) return ((user + system) * 1000) / (calls * messages);
  }
}

/** The steps for one size, each a call that takes a whole chunk. */
function steps(payloadBytes: number): {
  readonly messages: number;
  readonly calls: Record<string, () => void>;
} {
  const kernel = Kernel.create(0.5);
  if (kernel === undefined) throw new Error("no WebAssembly with SIMD here");
  const message = envelope(payloadBytes);
  const { chunk, messages } = chunkOf(maskedFrame(message), kernel.input.length - 65_536);
  const context = kernel.newContext();
  const [sheet] = kernel.sheets;
  if (sheet === undefined) throw new Error("the kernel has no output");
  const start = kernel.input.byteOffset;
  const constant = constantStamp("bench", "main");
  const press = new Press();
  kernel.setSuffix(constant, press.timestamp(1_767_225_600_000_000));
  kernel.learn(context, TOPIC, MessageType.EVENT, 0);
  let seen = 0;
  const deframer = new Deframer(1_048_576, {
    message: () => seen++,
    ping: () => {},
    pong: () => {},
    close: () => {},
  });
  const copy = Buffer.alloc(chunk.length);
  return {
    messages,
    calls: {
      kernel: () => {
        kernel.input.set(chunk);
        kernel.begin({
          out: sheet.byteOffset,
          outEnd: sheet.byteOffset + sheet.length,
          context,
          sequence: 1,
          messages: 0xffff_ffff,
          bytes: Number.POSITIVE_INFINITY,
        });
        kernel.frames(start, start + chunk.length, 1_048_576, true);
        if (kernel.stop !== STOP.end) throw new Error(`the kernel stopped: ${kernel.stop}`);
      },
      "plain-deframe": () => {
        copy.set(chunk);
        deframer.push(copy);
      },
      "plain-scan": () => {
        for (let i = 0; i < messages; i++) scanEnvelope(message);
      },
      "plain-stamp": () => {
        for (let i = 0; i < messages; i++) press.stamped(message, i + 1, constant, 1_767_225_600_000_000);
      },
      copy: () => {
        copy.set(chunk);
      },
    },
  };
}

export async function* rows({ quick, log }: BenchOptions): AsyncGenerator<BenchRow> {
  for (const size of SIZES) {
    const { messages, calls } = steps(size);
    for (const [step, call] of Object.entries(calls)) {
      time(messages, 30, call);
      const values = Array.from({ length: quick ? 2 : 5 }, () => time(messages, quick ? 20 : 100, call));
      log(`${size} bytes: ${step} ${values[0]?.toFixed(0)} ns`);
      yield benchRow({ bench: name, case: `${step}-${size}`, metric: "message_ns", unit: "ns", values });
    }
  }
}
