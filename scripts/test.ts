/**
 * Runs test files, each in a process of its own, and ends with `N passed, N failed`.
 *
 *   node scripts/test.ts [--serial] [--cluster] [--limit SECONDS] PATH...
 *
 * uvu alone reports success when a `before` hook throws, when `.run()` was forgotten, when no file
 * matches and when `.only` was left in. Here each of these is a failure.
 */
import { spawn } from "node:child_process";
import { globSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

interface Result {
  passed: number;
  failed: number;
  /** What a person needs to see; empty when everything passed. */
  trouble: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    serial: { type: "boolean", default: false },
    cluster: { type: "boolean", default: false },
    limit: { type: "string", default: "600" },
  },
});

const files = positionals.flatMap(testFiles).sort();
const total: Result = { passed: 0, failed: 0, trouble: "" };

if (files.length === 0) fail(`No test file in: ${positionals.join(" ") || "(no path given)"}`);
if (values.cluster && (await run(["test/cluster/main.ts", "up"], true)).code !== 0) {
  fail("The test cluster did not start, so no end-to-end test ran");
} else {
  await inLanes(values.serial ? 1 : availableParallelism(), files, testFile);
}
if (values.cluster && (await run(["test/cluster/main.ts", "down"], true)).code !== 0) {
  fail("The test cluster was not removed");
}

console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

function testFiles(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return globSync(path);
  return globSync(`${path}/**/*.test.ts`, { exclude: ["**/node_modules/**"] });
}

async function inLanes<T>(lanes: number, items: T[], work: (item: T) => Promise<void>) {
  const rest = [...items];
  const lane = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function testFile(file: string): Promise<void> {
  const started = performance.now();
  const trouble = misuse(readFileSync(file, "utf8"));
  const result = trouble
    ? { passed: 0, failed: 1, trouble }
    : judge(await run([file], values.serial));
  total.passed += result.passed;
  total.failed += result.failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = result.failed === 0 ? "ok  " : "FAIL";
  console.log(`${verdict} ${file}: ${result.passed} passed, ${result.failed} failed, ${seconds} s`);
  if (result.trouble) console.log(result.trouble.replaceAll(/^/gm, "     "));
}

/** What in a test file's source would keep tests from running. */
function misuse(source: string): string {
  if (/^\s*test\.only\(/m.test(source))
    return "a test is marked .only, so the others would not run";
  const suites = source.match(/^const \w+ = suite[(<]/gm)?.length ?? 0;
  const runs = source.match(/^\w+\.run\(\);/gm)?.length ?? 0;
  return suites === runs ? "" : `${suites} suites, but ${runs} calls of .run()`;
}

/** Reads uvu's closing lines; whatever they do not account for is a failure. */
function judge({ code, output }: Outcome): Result {
  const count = (word: string) =>
    Number(new RegExp(`^\\s+${word}:\\s+(\\d+)`, "m").exec(output)?.[1]);
  const passed = count("Passed") || 0;
  const planned = count("Total") || 0;
  if (planned === 0) {
    return { passed: 0, failed: 1, trouble: `${output}\nno test ran: is .run() missing?` };
  }
  const missing = planned - passed;
  if (missing > 0 && code === 0) {
    return { passed, failed: missing, trouble: `${output}\na before or after hook failed` };
  }
  const failed = Math.max(missing, code === 0 ? 0 : 1);
  return { passed, failed, trouble: failed > 0 ? `${output}\nexit code ${code}` : "" };
}

interface Outcome {
  code: number | string;
  output: string;
}

function run(args: string[], show: boolean): Promise<Outcome> {
  const limit = Number(values.limit) * 1000;
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (show) process.stderr.write(text);
    });
  }
  const timer = setTimeout(() => {
    output += `\nended after ${limit / 1000} s\n`;
    child.kill("SIGKILL");
  }, limit);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal ?? "unknown", output });
    });
  });
}

function fail(trouble: string): void {
  total.failed += 1;
  console.log(trouble);
}
