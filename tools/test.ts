/**
 * Runs test files, each in a process of its own, and ends with `N passed, N failed`.
 *
 *   node tools/test.ts                 all fast tests
 *   node tools/test.ts PATH...         these files and folders
 *   node tools/test.ts --cluster       all tests: those that take minutes, and those on the test
 *                                        cluster, which is started and removed
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
  options: { cluster: { type: "boolean", default: false } },
});

const endToEnd = "test/e2e/";
/** Clients of others, real loads, a long queue, whole pipelines: these take minutes. */
const patient = /^test\/(clients|long)\//;
const paths = positionals.length > 0 ? positionals : ["test"];
const files = paths.flatMap(testFiles).sort();
const slow = files.filter((file) => file.startsWith(endToEnd));
const fast = files.filter((file) => {
  const isWanted = values.cluster || positionals.length > 0 || !patient.test(file);
  return isWanted && !file.startsWith(endToEnd);
});
const total: Result = { passed: 0, failed: 0, trouble: "" };
/** Process groups of tests that are running. */
const groups = new Set<number>();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const group of groups) endGroup(group);
    process.exit(1);
  });
}

for (const path of paths) if (testFiles(path).length === 0) fail(`No test file in: ${path}`);
// Tests wait for much of their time, so one more than there are CPUs keeps them busy. Not where a
// whole run has to be trusted: there nobody waits for it, and fewer disturb each other.
await inLanes(availableParallelism() + (values.cluster ? 0 : 1), fast, testFile);
if (values.cluster) {
  if (await succeeds("up", "The test cluster did not start, so no end-to-end test ran")) {
    await inLanes(1, slow, testFile);
  }
  await succeeds("down", "The test cluster was not removed");
} else if (positionals.length > 0) {
  await inLanes(1, slow, testFile);
}

console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

function testFiles(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return globSync(path);
  return globSync(`${path}/**/*.test.ts`, { exclude: ["**/node_modules/**"] });
}

/** Gives the test cluster a command; a failure counts as a failed test. */
async function succeeds(command: "up" | "down", otherwise: string): Promise<boolean> {
  const { code } = await run(["tools/cluster/main.ts", command], { limit: 3600, show: true });
  if (code !== 0) fail(otherwise);
  return code === 0;
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
    : judge(await run([file], { limit: 900, show: false }));
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
  const suites = source.match(/^const \w+ = (?:suite|\w+Suite)[(<]/gm)?.length ?? 0;
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

interface RunOptions {
  /** Seconds until the process is ended. */
  limit: number;
  /** Whether a person watches. */
  show: boolean;
}

/**
 * Runs Node. A test has a process group of its own, which ends with it: what it leaves behind would
 * hold its output open, and be waited for.
 */
function run(args: string[], { limit, show }: RunOptions): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    // The ONNX runtime sends usage data unless told not to.
    env: { ...process.env, NO_COLOR: "1", ORT_DISABLE_TELEMETRY: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: !show,
  });
  const { pid } = child;
  if (!show && pid !== undefined) groups.add(pid);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (show) process.stderr.write(text);
    });
  }
  const timer = setTimeout(() => {
    output += `\nended after ${limit} s\n`;
    child.kill("SIGKILL");
  }, limit * 1000);
  child.once("exit", () => {
    if (pid === undefined || !groups.delete(pid)) return;
    endGroup(pid);
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal ?? "unknown", output });
    });
  });
}

function endGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nothing of it is left, as it should be.
  }
}

function fail(trouble: string): void {
  total.failed += 1;
  console.log(trouble);
}
