import * as assert from "uvu/assert";
import type { CaptureReport } from "../../../../operator/src/state/capture-report.ts";
import { suite } from "../../../support/suite.ts";
import { capture } from "../../fixtures.ts";
import { World } from "../../world.ts";

const test = suite("condition Capturing");

const report = (state: CaptureReport["state"], message?: string): CaptureReport => ({
  state,
  ...(message !== undefined && { message }),
  annotators: [],
});

const verdicts: [said: CaptureReport, is: string, says: RegExp][] = [
  [report("Connected"), "True Connected", /^requests are written to the database$/],
  [
    report("Off"),
    "False RollingOut",
    /^the serving revision does not capture requests; the next revision will$/,
  ],
  [
    report("NoAnswer"),
    "Unknown NoAnswer",
    /^no serving pod reports the state of its database connection$/,
  ],
  [report("Starting", "connecting"), "Unknown Starting", /^connecting$/],
  [
    report("DatabaseUnreachable", "connect ECONNREFUSED 10.0.0.1:5432"),
    "False DatabaseUnreachable",
    /^connect ECONNREFUSED 10.0.0.1:5432; requests are answered but not stored until it is back$/,
  ],
  [
    report("DatabaseRefused", "password authentication failed"),
    "False DatabaseRefused",
    /^password authentication failed; correct Secret intent-fr-db or the settings of the database; requests are answered/,
  ],
  [
    report("SecretMissing", "there is no file /database/uri"),
    "False SecretMissing",
    /^Secret intent-fr-db does not exist, or has no key uri; run: kubectl create secret generic intent-fr-db -n demo --from-literal=uri=postgresql:/,
  ],
  [report("NotSupported", "the model is too odd"), "False NotSupported", /^the model is too odd; /],
];

/** The condition, as it is after one pass with this answer of the servers. */
function condition(said?: CaptureReport) {
  const world = new World({ capture });
  world.observed.capture = said;
  world.pass();
  return world.condition("Capturing");
}

for (const [said, is, says] of verdicts) {
  test(`is ${is}`, () => {
    const { status, reason, message } = condition(said);
    assert.is(`${status} ${reason}`, is);
    assert.match(message, says);
  });
}

test("is Unknown before a server has answered, and keeps what was known", () => {
  const { status, reason } = condition();
  assert.is(`${status} ${reason}`, "Unknown NoAnswer");
  const world = new World({ capture });
  world.observed.capture = report("Connected");
  world.pass();
  world.observed.capture = undefined;
  world.pass();
  assert.is(world.condition("Capturing").reason, "Connected");
});

test.run();
