import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";

const end = "<!-- end of series -->";

/** Where a benchmark keeps its report, and how its text is wrapped. */
export interface ReportPlace {
  /** The Markdown page. */
  page: string;
  /** The make target that writes it, for example `bench-server`. */
  target: string;
  /** Whether lines are filled up to 100 characters, or stay as they are. */
  isWrapped?: boolean;
}

/**
 * Puts a report in the place of the one that its page has.
 *
 * @param report Markdown
 * @throws Error when the page has no place for it
 */
export async function writeReport(report: string, place: ReportPlace): Promise<void> {
  const { page, target, isWrapped = false } = place;
  const text = await format(report, {
    parser: "markdown",
    printWidth: 100,
    proseWrap: isWrapped ? "always" : "preserve",
  });
  writeFileSync(page, withReport(readFileSync(page, "utf8"), text.trim(), target));
  console.log(`Wrote ${page}`);
}

/**
 * The text of a page with another report in the place of the one that it has.
 *
 * @param target what writes it, with make
 * @throws Error when the page has no place for one
 */
export function withReport(page: string, report: string, target: string): string {
  const begin = `<!-- series: written by make ${target} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`The page has no "${begin}" and "${end}"`);
  return `${page.slice(0, from)}${begin}\n\n${report}\n\n${page.slice(to)}`;
}
