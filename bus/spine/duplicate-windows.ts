/** One duplicate window for each principal, so that nobody can find out, or use up, what another one has published. */
import { ArqonError } from "@arqon/core/base";
import { RecentIds } from "./recent.ts";
import { type IdWords, readId } from "./uuid-words.ts";

/** The windows of a Reality. */
export class DuplicateWindows {
  readonly #windows = new Map<string, RecentIds>();
  readonly #words: IdWords = new Uint32Array(4);
  #lastId = "";
  #last = new RecentIds();

  constructor() {
    this.#windows.set(this.#lastId, this.#last);
  }

  /** The window of a principal. */
  of(principalId: string): RecentIds {
    if (principalId === this.#lastId) return this.#last;
    let window = this.#windows.get(principalId);
    if (window === undefined) {
      window = new RecentIds();
      this.#windows.set(principalId, window);
    }
    this.#lastId = principalId;
    this.#last = window;
    return window;
  }

  /** The words of an id, valid until the next call. @throws ArqonError `UUID_INVALID` */
  read(id: string): IdWords {
    if (!readId(id, this.#words)) throw new ArqonError("UUID_INVALID", `"${id.slice(0, 64)}" is not a UUID`);
    return this.#words;
  }

  /** Notes what was read from the log. */
  add(principalId: string, id: string, atUs: number, sequence: number): void {
    const window = this.of(principalId);
    if (readId(id, this.#words) && window.find(this.#words, atUs) < 0)
      window.add(this.#words, atUs, sequence);
  }
}
