/** Splits an OpenQASM 2 text into tokens, one at a time, and knows where each stands. */
import { ArqonError, type ErrorCode } from "@arqon/core/base";
import { QASM_LIMITS } from "./limits.ts";

/** What a token is; words are names and keywords alike. */
export type TokenKind = "word" | "integer" | "real" | "string" | "symbol" | "end";

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isWordStart = (c: number): boolean => (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95;

/** Where the symbols of one character stand in a table of character codes. */
const SYMBOLS = new Uint8Array(128);
for (const symbol of ";,()[]{}+-*/^") SYMBOLS[symbol.charCodeAt(0)] = 1;

/** A cursor over the tokens of a text. Only words and numbers that are asked for are cut out of it. */
export class Lexer {
  readonly #source: string;
  readonly #file: string;
  kind: TokenKind = "end";
  /** Where the token starts in the source. */
  at = 0;
  #next = 0;

  constructor(source: string, file: string) {
    this.#source = source;
    this.#file = file;
    if (source.length > QASM_LIMITS.sourceChars)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `${file}: the text has ${source.length} characters; the limit is ${QASM_LIMITS.sourceChars}`,
        { details: { file, chars: source.length, limitChars: QASM_LIMITS.sourceChars } },
      );
    if (source.charCodeAt(0) === 0xfeff) this.#next = 1;
    this.advance();
  }

  /** The token's text; of a string, what is between the quotes. */
  get text(): string {
    const quote = this.kind === "string" ? 1 : 0;
    return this.#source.slice(this.at + quote, this.#next - quote);
  }

  /** The character code of a symbol of one character; 0 of any other token. */
  get symbol(): number {
    return this.kind === "symbol" && this.#next - this.at === 1 ? this.#source.charCodeAt(this.at) : 0;
  }

  /** An error at a place of the source, by default the current token. */
  error(code: ErrorCode, what: string, at: number = this.at): ArqonError {
    let line = 1;
    let start = 0;
    for (let i = this.#source.indexOf("\n"); i >= 0 && i < at; i = this.#source.indexOf("\n", i + 1)) {
      line++;
      start = i + 1;
    }
    const column = at - start + 1;
    return new ArqonError(code, `${this.#file}:${line}:${column}: ${what}`, {
      details: { file: this.#file, line, column },
    });
  }

  /** "expected ..., found ..." at the current token. */
  expected(what: string): ArqonError {
    return this.error("QASM_SYNTAX", `expected ${what}, found ${this.describe()}`);
  }

  /** The current token as it is named in messages. */
  describe(): string {
    if (this.kind === "end") return "the end of the file";
    const text = this.text.length > 40 ? `${this.text.slice(0, 40)}...` : this.text;
    return this.kind === "string" ? `"${text}"` : `'${text}'`;
  }

  /** Whether the current token is this symbol or word. */
  is(text: string): boolean {
    const { length } = text;
    if (this.#next - this.at !== length) return false;
    if (this.#source.charCodeAt(this.at) !== text.charCodeAt(0)) return false;
    if (length > 1 && !this.#source.startsWith(text, this.at)) return false;
    return this.kind === "symbol" || this.kind === "word";
  }

  /** Moves on if the current token is this symbol or word. */
  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.advance();
    return true;
  }

  /** Moves past this symbol, or fails saying where it was missed. */
  expect(text: string, where: string): void {
    if (!this.accept(text)) throw this.expected(`'${text}' ${where}`);
  }

  /** The current word, moving past it. */
  word(what: string): string {
    if (this.kind !== "word") throw this.expected(what);
    const text = this.text;
    this.advance();
    return text;
  }

  /** The value of the current integer, digit by digit where that is exact. */
  integer(): number {
    if (this.#next - this.at > 15) return Number(this.text);
    let value = 0;
    for (let i = this.at; i < this.#next; i++) value = 10 * value + this.#source.charCodeAt(i) - 48;
    return value;
  }

  /** Reads the next token. */
  advance(): void {
    const source = this.#source;
    let i = this.#next;
    let c = source.charCodeAt(i);
    for (;;) {
      if (c === 32 || (c >= 9 && c <= 13)) i++;
      else if (c === 47 && source.charCodeAt(i + 1) === 47) {
        const end = source.indexOf("\n", i);
        i = end < 0 ? source.length : end + 1;
      } else break;
      c = source.charCodeAt(i);
    }
    this.at = i;
    if (i >= source.length) this.#token("end", i);
    else if (isWordStart(c)) this.#word(i);
    else if (isDigit(c) || (c === 46 && isDigit(source.charCodeAt(i + 1)))) this.#number(i);
    else if (c === 34) this.#string(i);
    else this.#symbol(i, c);
  }

  #symbol(i: number, c: number): void {
    const source = this.#source;
    const next = source.charCodeAt(i + 1);
    if ((c === 45 && next === 62) || (c === 61 && next === 61)) {
      this.#token("symbol", i + 2);
      return;
    }
    if (SYMBOLS[c] !== 1) {
      const point = source.codePointAt(i) as number;
      const shown = point > 32 && point < 127 ? `'${source[i]}'` : `U+${point.toString(16).padStart(4, "0")}`;
      throw this.error("QASM_SYNTAX", `expected a statement or symbol of OpenQASM 2, found ${shown}`, i);
    }
    if (c === 47 && next === 42)
      throw this.error(
        "QASM_SYNTAX",
        "expected a statement, found '/*'; comments of OpenQASM 2 start with //",
        i,
      );
    this.#token("symbol", i + 1);
  }

  #token(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.#next = end;
  }

  #word(start: number): void {
    let i = start + 1;
    for (let c = this.#source.charCodeAt(i); isWordStart(c) || isDigit(c); c = this.#source.charCodeAt(i))
      i++;
    this.#token("word", i);
  }

  #digits(start: number): number {
    let i = start;
    while (isDigit(this.#source.charCodeAt(i))) i++;
    return i;
  }

  #number(start: number): void {
    const source = this.#source;
    let i = this.#digits(start);
    let kind: TokenKind = "integer";
    let c = source.charCodeAt(i);
    if (c === 46) {
      kind = "real";
      i = this.#digits(i + 1);
      c = source.charCodeAt(i);
    }
    if (c === 101 || c === 69) {
      kind = "real";
      const sign = source[i + 1] === "+" || source[i + 1] === "-" ? 1 : 0;
      const end = this.#digits(i + 1 + sign);
      if (end === i + 1 + sign)
        throw this.error(
          "QASM_SYNTAX",
          `expected digits of the exponent after '${source.slice(start, i + 1)}'`,
          end,
        );
      i = end;
      c = source.charCodeAt(i);
    }
    if (isWordStart(c)) throw this.error("QASM_SYNTAX", `expected a number to end before '${source[i]}'`, i);
    this.#token(kind, i);
  }

  #string(start: number): void {
    const end = this.#source.indexOf('"', start + 1);
    const line = this.#source.indexOf("\n", start + 1);
    if (end < 0 || (line >= 0 && line < end))
      throw this.error("QASM_SYNTAX", "expected '\"' at the end of the file name, on the same line", start);
    this.#token("string", end + 1);
  }
}
