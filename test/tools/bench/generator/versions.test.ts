import * as assert from "uvu/assert";
import { locustVersion } from "../../../../tools/bench/generator/locust.ts";
import { vegetaVersion } from "../../../../tools/bench/generator/vegeta.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("The version of another generator");

test("is the one that go.mod requires, not the path of the tool", () => {
  const goMod = [
    "tool github.com/tsenart/vegeta/v12",
    "require (",
    "\tgithub.com/tsenart/go-tsz v0.0.0-20180814235614-0bd30b3df1c3 // indirect",
    "\tgithub.com/tsenart/vegeta/v12 v12.1.2 // indirect",
    ")",
  ];
  assert.is(vegetaVersion(goMod.join("\n")), "v12.1.2");
  assert.throws(() => vegetaVersion("module a"), /does not name a version of vegeta/);
});

test("is the one that the requirements name, whatever follows it", () => {
  const text = "flask==3.1.3 \\\n    --hash=sha256:00\nlocust==2.1.0 \\\n    --hash=sha256:11\n";
  assert.is(locustVersion(text), "2.1.0");
  assert.throws(() => locustVersion("locust-cloud==1.0"), /does not name a version of locust/);
});

test("is written down for both", () => {
  assert.match(vegetaVersion(), /^v12\./);
  assert.match(locustVersion(), /^2\./);
});

test.run();
