#!/bin/sh
# Makes qasm3Lexer.ts and qasm3Parser.ts from the two grammars beside this file; see README.md.
set -eu
cd "$(dirname "$0")"
npx --yes antlr-ng@1.0.10 -D language=TypeScript -o "$PWD" --generate-listener false --generate-visitor false -- "$PWD/qasm3Lexer.g4" "$PWD/qasm3Parser.g4"
rm -f ./*.interp ./*.tokens
# What our compiler settings ask for beyond what the generator writes: types on exported arrays, nothing unused.
sed -i \
  -e 's/static readonly \(literalNames\|symbolicNames\) = \[/static readonly \1: (string | null)[] = [/' \
  -e 's/static readonly \(ruleNames\|modeNames\|channelNames\) = \[/static readonly \1: string[] = [/' \
  -e '/^type int = number;$/d' \
  -e '/^ *\(let\|const\) previousContext = localContext;$/d' \
  -e '/^ *previousContext = localContext;$/d' \
  -e '/^ *let previousContext\b.*;$/d' \
  -e 's/expression_sempred(localContext:/expression_sempred(_localContext:/' \
  qasm3Lexer.ts qasm3Parser.ts
# What the tables unfold to is made by the first that reads OpenQASM 3, not by every thread that could.
sed -i \
  -e 's/^\( *\)private static readonly decisionsToDFA = \(qasm3[A-Za-z]*\)\(.*\);$/\1private static __DFA: antlr.DFA[] | undefined;\n\1private static get decisionsToDFA(): antlr.DFA[] { return \2.__DFA ??= \2\3; }/' \
  qasm3Lexer.ts qasm3Parser.ts
sed -i -e '/^import { Token } from "antlr4ng";$/d' qasm3Lexer.ts
