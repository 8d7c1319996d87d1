/** Deliveries as JSON frames, each made once however many clients of the JSON subprotocol receive it. */
import { ArqonError } from "@arqon/core/base";
import { OPCODE, type Press, release, type Sheet, serverFrame } from "../kernel/index.ts";
import type { Turn } from "../spine/index.ts";
import { eachBody } from "./bodies.ts";
import { jsonFromMessage } from "./json-messages.ts";
import { errorNotice } from "./notices.ts";

/** JSON texts in their frames. */
export interface JsonText {
  readonly frames: Buffer;
  readonly messages: number;
  readonly textBytes: number;
}

/** Makes frames of what the press has just written. */
export class JsonFrames {
  readonly #turn: Turn;
  readonly #newId: () => string;
  /** What was made last; its sheet is held meanwhile, so that the place cannot come to stand for something else. */
  #last: (JsonText & { readonly sheet: Sheet; readonly start: number; readonly end: number }) | undefined;

  constructor(turn: Turn, newId: () => string) {
    this.#newId = newId;
    this.#turn = turn;
  }

  /** The frames of the messages the press holds. */
  of(press: Press): JsonText {
    const { sheet, start, end } = press;
    const last = this.#last;
    if (last?.sheet === sheet && last.start === start && last.end === end) return last;
    const frames: Buffer[] = [];
    let textBytes = 0;
    eachBody(press, (from, to) => {
      const text = this.#textOf(sheet.bytes.subarray(from, to));
      textBytes += text.length;
      frames.push(serverFrame(OPCODE.text, text));
    });
    if (last) release(last.sheet);
    else this.#turn.atEnd(() => this.#forget());
    sheet.holds++;
    const made = { frames: Buffer.concat(frames), messages: frames.length, textBytes, sheet, start, end };
    this.#last = made;
    return made;
  }

  /** What another client sent may be no message to a strict decoder: then the reader is told that there was one. */
  #textOf(bytes: Uint8Array): Uint8Array {
    try {
      return jsonFromMessage(bytes);
    } catch (thrown) {
      return jsonFromMessage(errorNotice(this.#newId(), 0n, ArqonError.from(thrown)));
    }
  }

  #forget(): void {
    if (this.#last) release(this.#last.sheet);
    this.#last = undefined;
  }
}
