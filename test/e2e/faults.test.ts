import * as assert from "uvu/assert";
import { line } from "../faults/report.ts";
import { shortRound } from "../faults/scenario.ts";
import { scenarios } from "../faults/scenarios.ts";
import { createStage, type Stage } from "../faults/stage.ts";
import { namespacedSuite } from "./world.ts";

const demo = "faults-test";
const test = namespacedSuite("No request is lost when", demo, 240_000);
let stage: Stage;

test.before(async () => {
  stage = await createStage(demo);
});

test.after(() => stage.close());

for (const scenario of scenarios.filter(({ isLong }) => !isLong)) {
  test(scenario.title, async () => {
    const finding = await scenario.run(stage, shortRound);
    console.log(line(scenario, finding));
    const { failures, reasons, requests } = finding;
    assert.is(failures, 0, JSON.stringify(reasons));
    assert.ok(requests >= shortRound.requests);
  });
}

test.run();
