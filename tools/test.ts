/**
 * Runs test files, each in a process of its own, and ends with `N passed, N failed`.
 *
 *   node tools/test.ts                 all fast tests
 *   node tools/test.ts PATH...         these files and folders
 *   node tools/test.ts --cluster       also those that take minutes, and those on the test cluster,
 *                                        which is started and removed
 *   node tools/test.ts --long          those that prove figures or whole pipelines
 *   node tools/test.ts --changed       those that the changes since main can affect
 *
 *   --static          also checks format, lint, types and generated files
 *   --update-goldens  writes the golden files anew; read the diff
 *
 * uvu alone reports success when a `before` hook throws, when `.run()` was forgotten, when no file
 * matches and when `.only` was left in. Here each of these is a failure.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cache } from "./support/cache.ts";
import { affectedBy, changedFiles } from "./testing/changed.ts";
import { selection, testFiles, wantedFiles } from "./testing/files.ts";
import { Durations, inLanes } from "./testing/lanes.ts";
import { judge, misuse, type Result } from "./testing/outcome.ts";
import { endAll, runNode } from "./testing/process.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cluster: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    changed: { type: "boolean", default: false },
    static: { type: "boolean", default: false },
    "update-goldens": { type: "boolean", default: false },
  },
});

/** Whether the test cluster belongs to this run, which starts and removes it. */
const ownsCluster = values.cluster || values.long;
/** Tests on the cluster wait for most of their time, so more of them than there are CPUs run at once. */
const clusterLanes = 2 * availableParallelism();
/** One more than there are CPUs; beside the cluster, half of them. */
const localLanes = ownsCluster ? Math.ceil(availableParallelism() / 2) : availableParallelism() + 1;

const durations = new Durations(join(cache, "test-durations.json"));
const total = { passed: 0, failed: 0 };
/** A line for each failure: file, suite and title. */
const failures: string[] = [];

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(1);
  });
}

const { local, together, alone } = selection(durations.longestFirst(files()));
/** What the tests find in their environment. */
const env = {
  NODE_COMPILE_CACHE: join(cache, "compiled"),
  // Where many run at once, each waits longer for what it waits for.
  ...(together.length > 1 && { TEST_PATIENCE: "3" }),
  ...(values["update-goldens"] && { UPDATE_GOLDENS: "1" }),
};

const jobs = [
  ...(values.static ? staticChecks() : []).map((name) => () => staticCheck(name)),
  ...local.map((file) => () => testFile(file)),
];
await Promise.all([inLanes(localLanes, jobs, (job) => job()), onCluster()]);
durations.save();
for (const failure of failures) console.log(`FAIL ${failure}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** The test files of this run. */
function files(): string[] {
  const paths = positionals.length > 0 ? positionals : ["test"];
  for (const path of paths) if (testFiles(path).length === 0) fail(`No test file in: ${path}`);
  const found = [...new Set(paths.flatMap(testFiles))];
  const wanted = positionals.length > 0 ? found : wantedFiles(found, values);
  return values.changed ? affectedBy(changedFiles(), wanted) : wanted;
}

/** Those that package.json's check:static runs one after the other. */
function staticChecks(): string[] {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  return [...scripts["check:static"].matchAll(/node --run (\S+)/g)].map(([, name]) => name);
}

async function onCluster(): Promise<void> {
  if (together.length + alone.length === 0) return;
  const isUp = !ownsCluster || (await cluster("up", "The test cluster did not start"));
  if (isUp) {
    await inLanes(clusterLanes, together, testFile);
    await inLanes(1, alone, testFile);
  }
  if (ownsCluster) await cluster("down", "The test cluster was not removed");
}

/** Gives the test cluster a command; a failure counts as a failed test. */
async function cluster(command: "up" | "down", otherwise: string): Promise<boolean> {
  const { code, output } = await runNode(["tools/cluster/main.ts", command], { limit: 3600 });
  console.log(output.trimEnd());
  if (code !== 0) fail(otherwise);
  return code === 0;
}

async function staticCheck(name: string): Promise<void> {
  const started = performance.now();
  const { code, output } = await runNode(["--run", name], { limit: 900 });
  const trouble = code === 0 ? "" : output;
  report(name, started, { passed: trouble ? 0 : 1, failed: trouble ? 1 : 0, trouble, titles: [] });
}

async function testFile(file: string): Promise<void> {
  const started = performance.now();
  const trouble = misuse(readFileSync(file, "utf8"));
  const result = trouble
    ? { passed: 0, failed: 1, trouble, titles: [] }
    : judge(await runNode([file], { limit: 1800, env }));
  report(file, started, result);
  durations.note(file, (performance.now() - started) / 1000);
}

function report(name: string, started: number, result: Result): void {
  const { passed, failed, trouble, titles } = result;
  total.passed += passed;
  total.failed += failed;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = failed === 0 ? "ok  " : "FAIL";
  console.log(`${verdict} ${name}: ${passed} passed, ${failed} failed, ${seconds} s`);
  if (failed === 0) return;
  if (trouble) console.log(trouble.replaceAll(/^/gm, "     "));
  failures.push(...(titles.length > 0 ? titles.map((title) => `${name} > ${title}`) : [name]));
}

function fail(trouble: string): void {
  total.failed += 1;
  failures.push(trouble);
  console.log(trouble);
}
