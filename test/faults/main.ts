/**
 * Everything that must not lose a request, on the test cluster, with ten thousand requests for
 * each fault. A full run writes its table to results.md.
 *
 *   node test/faults/main.ts                  the full round
 *   node test/faults/main.ts --short          fewer requests, and a sample of the variants
 *   node test/faults/main.ts --only WORDS     what has these words in its title
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { installed, kubectl, namespace } from "../e2e/world.ts";
import { isFlawless, line, machine, table, type Row } from "./report.ts";
import { fullRound, shortRound, type Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { createStage, type Stage } from "./stage.ts";

const demo = "faults";
const file = new URL("results.md", import.meta.url);

const { values } = parseArgs({
  options: { short: { type: "boolean", default: false }, only: { type: "string", default: "" } },
});
const round = values.short ? shortRound : fullRound;
const chosen = scenarios.filter(
  ({ title, isLong }) => title.includes(values.only) && (round.all || !isLong),
);

try {
  if (chosen.length === 0) throw new Error(`No title has the words "${values.only}"`);
  await installed();
  await namespace(demo);
  const rows = await onStage(all);
  await kubectl("delete", "namespace", demo, "--wait=false");
  console.log(`\n${table(rows)}`);
  if (round === fullRound && chosen.length === scenarios.length) writeFileSync(file, text(rows));
  if (!isFlawless(rows)) throw new Error("Requests were lost, or a fault was not survived");
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function onStage(work: (stage: Stage) => Promise<Row[]>): Promise<Row[]> {
  const stage = await createStage(demo);
  try {
    return await work(stage);
  } finally {
    await stage.close();
  }
}

async function all(stage: Stage): Promise<Row[]> {
  const rows: Row[] = [];
  for (const scenario of chosen) rows.push(await one(stage, scenario));
  return rows;
}

async function one(stage: Stage, scenario: Scenario): Promise<Row> {
  const started = performance.now();
  const result = await scenario.run(stage, round).catch((error: unknown) => error as Error);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  if (result instanceof Error) console.log(`${scenario.title}: FAILED after ${seconds} s:`, result);
  else console.log(`${line(scenario, result)} (${seconds} s)`, result.reasons);
  return { scenario, result };
}

function text(rows: Row[]): string {
  return `# No request is lost

Written by \`make test-faults\` on ${new Date().toISOString().slice(0, 10)}: ${machine()}. 200 requests a second through the Service to two pods on the test cluster, half of them over connections that are kept, half over new ones; a request that fails is a failure, and is not repeated. Where a server is killed, what was in flight in it is lost; what came to a closed door is sent once more.

${table(rows)}`;
}
