import { examples, isMeasured } from "../../docs/examples.ts";
import { suite } from "../../support/suite.ts";
import { longest, runExample } from "../documents/run-example.ts";
import { installed } from "../world.ts";

const test = suite("The examples with a measurement", longest + 120_000);

test.before(installed);

for (const name of examples.filter(isMeasured)) {
  test(`do what they say: ${name}`, () => runExample(name));
}

test.run();
