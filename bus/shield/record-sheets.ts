/** Deliveries as records, each made once however many connections take them so, and not at all where none does. */
import { Press, release, type Written } from "../kernel/index.ts";
import type { Turn } from "../spine/index.ts";
import { eachBody } from "./bodies.ts";

/** Makes records of what a press has just written. */
export class RecordSheets {
  readonly #turn: Turn;
  /** Made with the first connection that wants records. */
  #press: Press | undefined;
  /** What was made last, and of what; both sheets are held meanwhile, so that the place cannot come to hold something else. */
  #last: { readonly of: Written; readonly made: Written } | undefined;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** The records of the messages that were written. */
  of({ sheet, start, end, messages }: Written): Written {
    const last = this.#last;
    if (last?.of.sheet === sheet && last.of.start === start && last.of.end === end) return last.made;
    this.#press ??= new Press();
    const press = this.#press;
    const places: number[] = [];
    eachBody({ sheet, start, end }, (from, to) => places.push(from, to));
    press.records(sheet.bytes, places);
    const made = { sheet: press.sheet, start: press.start, end: press.end, messages };
    if (last) this.#release(last);
    else this.#turn.atEnd(() => this.#forget());
    sheet.holds++;
    made.sheet.holds++;
    this.#last = { of: { sheet, start, end, messages }, made };
    return made;
  }

  #forget(): void {
    if (this.#last) this.#release(this.#last);
    this.#last = undefined;
  }

  #release({ of, made }: { readonly of: Written; readonly made: Written }): void {
    release(of.sheet);
    release(made.sheet);
  }
}
