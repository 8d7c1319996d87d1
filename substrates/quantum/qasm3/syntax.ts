/** Reads the statements of an OpenQASM 3 text one by one, with the official grammar. */
import { ArqonError, type ErrorCode } from "@arqon/core/base";
import {
  type ATNSimulator,
  BailErrorStrategy,
  BaseErrorListener,
  CharStream,
  CommonTokenStream,
  DefaultErrorStrategy,
  ParseCancellationException,
  type ParserRuleContext,
  PredictionMode,
  type RecognitionException,
  type Recognizer,
  Token,
} from "antlr4ng";
import { qasm3Lexer } from "./gen/qasm3Lexer.ts";
import { qasm3Parser, type StatementOrScopeContext } from "./gen/qasm3Parser.ts";
import { QASM3_LIMITS } from "./limits.ts";

/** Anything that knows where it starts. */
export interface Placed {
  readonly start: Token | null;
}

/** The parser of the grammar, with a bound on how deep rules nest. */
class BoundedParser extends qasm3Parser {
  depth = 0;
  readonly #tooDeep: () => Error;

  constructor(tokens: CommonTokenStream, tooDeep: () => Error) {
    super(tokens);
    this.#tooDeep = tooDeep;
  }

  override enterRule(context: ParserRuleContext, state: number, rule: number): void {
    this.#enter();
    super.enterRule(context, state, rule);
  }

  override exitRule(): void {
    this.depth--;
    super.exitRule();
  }

  override enterRecursionRule(
    context: ParserRuleContext,
    state: number,
    rule: number,
    precedence: number,
  ): void {
    this.#enter();
    super.enterRecursionRule(context, state, rule, precedence);
  }

  override unrollRecursionContexts(parent: ParserRuleContext | null): void {
    this.depth--;
    super.unrollRecursionContexts(parent);
  }

  #enter(): void {
    if (++this.depth > QASM3_LIMITS.nesting) throw this.#tooDeep();
  }
}

/** Each of them in an expression is a rule inside another; a bracket is, too, as the index of what stands before it. */
const OPERATORS: ReadonlySet<number> = new Set([
  qasm3Lexer.LBRACKET,
  qasm3Lexer.PLUS,
  qasm3Lexer.MINUS,
  qasm3Lexer.ASTERISK,
  qasm3Lexer.DOUBLE_ASTERISK,
  qasm3Lexer.SLASH,
  qasm3Lexer.PERCENT,
  qasm3Lexer.PIPE,
  qasm3Lexer.DOUBLE_PIPE,
  qasm3Lexer.AMPERSAND,
  qasm3Lexer.DOUBLE_AMPERSAND,
  qasm3Lexer.CARET,
  qasm3Lexer.TILDE,
  qasm3Lexer.EXCLAMATION_POINT,
  qasm3Lexer.EqualityOperator,
  qasm3Lexer.ComparisonOperator,
  qasm3Lexer.BitshiftOperator,
]);
const OPENING: ReadonlySet<number> = new Set([qasm3Lexer.LPAREN, qasm3Lexer.LBRACKET, qasm3Lexer.LBRACE]);
const CLOSING: ReadonlySet<number> = new Set([qasm3Lexer.RPAREN, qasm3Lexer.RBRACKET, qasm3Lexer.RBRACE]);
/** Where one expression ends and another begins. */
const SEPARATORS: ReadonlySet<number> = new Set([
  qasm3Lexer.COMMA,
  qasm3Lexer.SEMICOLON,
  qasm3Lexer.COLON,
  qasm3Lexer.EQUALS,
  qasm3Lexer.DOUBLE_PLUS,
]);

/**
 * The lexer of the grammar, with the same bound on brackets inside one another and on the operators of one expression: each is a
 * rule at least, and prediction reads ahead of the parser.
 */
class BoundedLexer extends qasm3Lexer {
  /** Operators so far in the expression of each open bracket. */
  readonly #operators: number[] = [0];
  readonly #tooDeep: (at: Token) => Error;

  constructor(source: CharStream, tooDeep: (at: Token) => Error) {
    super(source);
    this.#tooDeep = tooDeep;
  }

  override nextToken(): Token {
    const token = super.nextToken();
    const { type } = token;
    const open = this.#operators;
    if (OPERATORS.has(type)) {
      const count = (open.at(-1) as number) + 1;
      if (count > QASM3_LIMITS.nesting) throw this.#tooDeep(token);
      open[open.length - 1] = count;
    } else if (SEPARATORS.has(type)) open[open.length - 1] = 0;
    if (OPENING.has(type)) {
      if (open.push(0) > QASM3_LIMITS.nesting + 1) throw this.#tooDeep(token);
    } else if (CLOSING.has(type)) {
      if (open.length > 1) open.pop();
      if (type === qasm3Lexer.RBRACE) open[open.length - 1] = 0;
    }
    return token;
  }
}

/** A text in OpenQASM 3, being read. */
export class Syntax {
  readonly #file: string;
  readonly #tokens: CommonTokenStream;
  readonly #parser: BoundedParser;
  /** The version line says this, e.g. "3.0"; `undefined` without one. */
  readonly version: string | undefined;
  /** One more than the largest number of a hardware qubit such as $3. */
  readonly hardwareQubits: number;

  constructor(source: string, file: string) {
    this.#file = file;
    if (source.length > QASM3_LIMITS.sourceChars)
      throw new ArqonError(
        "LIMIT_EXCEEDED",
        `${file}: the text has ${source.length} characters; the limit for OpenQASM 3 is ${QASM3_LIMITS.sourceChars}`,
        { details: { file, chars: source.length, limitChars: QASM3_LIMITS.sourceChars } },
      );
    const tooDeep = (start: Token | null): Error =>
      this.error("LIMIT_EXCEEDED", `more than ${QASM3_LIMITS.nesting} levels inside one another`, { start });
    const lexer = new BoundedLexer(
      CharStream.fromString(source.charCodeAt(0) === 0xfeff ? source.slice(1) : source),
      tooDeep,
    );
    const listener = new Listener((line, column, what) => this.#errorAt("QASM_SYNTAX", what, line, column));
    lexer.removeErrorListeners();
    lexer.addErrorListener(listener);
    this.#tokens = new CommonTokenStream(lexer);
    this.#tokens.fill();
    this.#parser = new BoundedParser(this.#tokens, () => tooDeep(this.#tokens.LT(1)));
    this.#parser.removeErrorListeners();
    this.#parser.addErrorListener(listener);
    this.hardwareQubits = this.#countHardwareQubits();
    this.version =
      this.#tokens.LA(1) === qasm3Parser.OPENQASM
        ? this.#read(() => this.#parser.version())
            .VersionSpecifier()
            .getText()
        : undefined;
  }

  /** The next statement; `undefined` at the end of the text. */
  next(): StatementOrScopeContext | undefined {
    if (this.#tokens.LA(1) === Token.EOF) return undefined;
    return this.#read(() => this.#parser.statementOrScope());
  }

  /** An error at a place of the text. */
  error(code: ErrorCode, what: string, { start }: Placed): ArqonError {
    return this.#errorAt(code, what, start?.line ?? 1, start?.column ?? 0);
  }

  /** Fast prediction without context first; what that cannot read is read again, with all of it. */
  #read<T>(rule: () => T): T {
    const parser = this.#parser;
    const at = this.#tokens.index;
    try {
      parser.interpreter.predictionMode = PredictionMode.SLL;
      parser.errorHandler = new BailErrorStrategy();
      return rule();
    } catch (error) {
      if (!(error instanceof ParseCancellationException)) throw error;
      this.#tokens.seek(at);
      parser.depth = 0;
      parser.context = null;
      parser.interpreter.predictionMode = PredictionMode.LL;
      parser.errorHandler = new DefaultErrorStrategy();
      return rule();
    }
  }

  #countHardwareQubits(): number {
    let count = 0;
    for (const token of this.#tokens.getTokens())
      if (token.type === qasm3Parser.HardwareQubit)
        count = Math.max(count, Number((token.text ?? "").slice(1)) + 1);
    return count;
  }

  #errorAt(code: ErrorCode, what: string, line: number, column: number): ArqonError {
    return new ArqonError(code, `${this.#file}:${line}:${column + 1}: ${what}`, {
      details: { file: this.#file, line, column: column + 1 },
    });
  }
}

/** Turns the first complaint of lexer or parser into an error. */
class Listener extends BaseErrorListener {
  readonly #fail: (line: number, column: number, what: string) => Error;

  constructor(fail: (line: number, column: number, what: string) => Error) {
    super();
    this.#fail = fail;
  }

  override syntaxError<S extends Token, T extends ATNSimulator>(
    _recognizer: Recognizer<T>,
    symbol: S | null,
    line: number,
    column: number,
    message: string,
    _cause: RecognitionException | null,
  ): void {
    const found = symbol && (symbol.type === Token.EOF ? "the end of the file" : `'${symbol.text ?? ""}'`);
    const text = message.startsWith("no viable alternative")
      ? `found ${found ?? "something"}, which cannot stand here`
      : message.replaceAll("<EOF>", "the end of the file").replaceAll(/\p{Cc}/gu, codePoint);
    throw this.#fail(line, column, text.length > 200 ? `${text.slice(0, 200)}...` : text);
  }
}

/** A character that cannot be shown, by its number. */
function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}`;
}
