/** What a process left behind. */
export interface Outcome {
  /** Exit code, or the signal that ended it. */
  code: number | string;
  output: string;
}

/** What a test file came to. */
export interface Result {
  passed: number;
  failed: number;
  /** What is to be read about the failures; empty when everything passed. */
  trouble: string;
  /** Suite and title of each test that failed, as far as the file says. */
  titles: string[];
}

/** What in a test file's source would keep tests from running; empty when nothing does. */
export function misuse(source: string): string {
  if (/^\s*test\.only\(/m.test(source))
    return "a test is marked .only, so the others would not run";
  const suites = source.match(/^const \w+ = (?:suite|\w+Suite)[(<]/gm)?.length ?? 0;
  const runs = source.match(/^(?:else )?\w+\.run\(\);/gm)?.length ?? 0;
  return suites === runs ? "" : `${suites} suites, but ${runs} calls of .run()`;
}

/** Reads uvu's closing lines; whatever they do not account for is a failure. */
export function judge({ code, output }: Outcome): Result {
  const count = (word: string) =>
    Number(new RegExp(`^\\s+${word}:\\s+(\\d+)`, "m").exec(output)?.[1]) || 0;
  const [passed, planned] = [count("Passed"), count("Total")];
  const titles = failedTests(output);
  if (planned === 0) {
    return { passed: 0, failed: 1, trouble: `${output}\nno test ran: is .run() missing?`, titles };
  }
  const missing = planned - passed;
  if (missing > 0 && code === 0) {
    return { passed, failed: missing, trouble: `${output}\na before or after hook failed`, titles };
  }
  const failed = Math.max(missing, code === 0 ? 0 : 1);
  return { passed, failed, trouble: failed > 0 ? `${output}\nexit code ${code}` : "", titles };
}

/** uvu heads the words about each failure with `FAIL  suite  "title"`. */
function failedTests(output: string): string[] {
  const heads = output.matchAll(/^\s*FAIL {2}(?:(.*?) {2})?"(.*)"\s*$/gm);
  return [...heads].map(([, suite = "", title = ""]) => `${suite} > ${title}`);
}
