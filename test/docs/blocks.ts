import { globSync, readFileSync } from "node:fs";

/** A block of code in a document. */
export interface Block {
  file: string;
  /** Of its fence, counted from 1. */
  line: number;
  language: string;
  code: string;
  /** Why it is not run, as a comment before it says. */
  notRun: string | undefined;
}

/** The documents for users. */
export const documents = [
  "README.md",
  ...globSync(["crds/examples/**/*.md", "docs/**/*.md"]).sort(),
];

/** All blocks of code in a document. */
export function blocks(file: string): Block[] {
  const text = readFileSync(file, "utf8");
  const fence = /(?:^<!-- not run: (.+?) -->\n\n)?^(`{3,})(\w*)\n(.*?)^\2$/gms;
  return [...text.matchAll(fence)].map((match) => {
    const [all, notRun, , language = "", code = ""] = match;
    const start = text.slice(0, match.index + all.indexOf("```")).split("\n").length;
    return { file, line: start, language, code, notRun };
  });
}
