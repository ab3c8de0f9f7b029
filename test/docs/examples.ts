import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { blocks } from "./blocks.ts";

const folder = "crds/examples";

/** Names of the examples; each has a folder of its own. */
export const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** A file of an example; its resource unless said. */
export function fileOf(example: string, file = `${example}.yaml`): string {
  return join(folder, example, file);
}

/** Whether an example has something measured, which takes a minute or more and most of the CPU. */
export function isMeasured(example: string): boolean {
  return /^ {2}benchmark:$/m.test(readFileSync(fileOf(example), "utf8"));
}

/** The lines of a page's commands, but for those of which it says that nobody runs them. */
export function commandsOf(page: string): string[] {
  return blocks(page)
    .filter(({ language, notRun }) => language === "sh" && notRun === undefined)
    .flatMap(({ code }) => code.split("\n"))
    .filter(Boolean);
}

/** The first of some lines that a script does not have after those before it; undefined if none. */
export function missing(lines: string[], script: string): string | undefined {
  let from = 0;
  return lines.find((line) => {
    const at = script.indexOf(line, from);
    from = at + line.length;
    return at < 0;
  });
}
