/** The words of a command line, as a shell reads them: blanks divide, quotes keep together. */
export function shellWords(line: string): string[] {
  return Array.from(line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g), ([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"),
  );
}
