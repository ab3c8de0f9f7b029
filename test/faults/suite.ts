import * as assert from "uvu/assert";
import { namespacedSuite } from "../e2e/world.ts";
import { line } from "./report.ts";
import { shortRound, type Scenario } from "./scenario.ts";
import { createStage, type Stage } from "./stage.ts";

/** Milliseconds that one scenario may take, on a busy machine. */
const limit = 400_000;

/** A suite with a test for each of some scenarios, in the short round, in a namespace of its own. */
export function faultSuite(title: string, namespace: string, scenarios: Scenario[]) {
  const test = namespacedSuite(title, namespace, limit);
  let stage: Stage;
  test.before(async () => {
    stage = await createStage(namespace);
  });
  test.after(() => stage.close());
  for (const scenario of scenarios) {
    test(scenario.title, async () => {
      const finding = await scenario.run(stage, shortRound);
      console.log(line(scenario, finding));
      const { failures, reasons, requests } = finding;
      assert.is(failures, 0, JSON.stringify(reasons));
      assert.ok(requests >= shortRound.requests, `only ${requests} requests were sent`);
    });
  }
  return test;
}
