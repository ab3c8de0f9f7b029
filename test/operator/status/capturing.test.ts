import * as assert from "uvu/assert";
import type { CaptureReport } from "../../../operator/src/state/capture-report.ts";
import { captureStatus, captureVerdict } from "../../../operator/src/status/capturing.ts";
import { capture, intentFr, observed } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("capturing");

const report = (state: CaptureReport["state"], message?: string): CaptureReport => ({
  state,
  ...(message !== undefined && { message }),
  annotators: [],
});

const verdicts: [said: CaptureReport, is: string, says: RegExp][] = [
  [report("Connected"), "True Connected", /^what is asked gets into the database$/],
  [
    report("Off"),
    "False RollingOut",
    /^the revision that serves keeps nothing; the next one will$/,
  ],
  [report("NoAnswer"), "Unknown NoAnswer", /^no server that gets traffic says/],
  [report("Starting", "connecting"), "Unknown Starting", /^connecting$/],
  [
    report("DatabaseUnreachable", "connect ECONNREFUSED 10.0.0.1:5432"),
    "False DatabaseUnreachable",
    /^connect ECONNREFUSED 10.0.0.1:5432; requests are answered, and not kept until it is back$/,
  ],
  [
    report("DatabaseRefused", "password authentication failed"),
    "False DatabaseRefused",
    /^password authentication failed; correct what Secret intent-fr-db says, or the database; requests are answered/,
  ],
  [
    report("SecretMissing", "there is no file /database/uri"),
    "False SecretMissing",
    /^Secret intent-fr-db does not exist, or has no key uri; run: kubectl create secret generic intent-fr-db -n demo --from-literal=uri=postgresql:/,
  ],
  [report("NotSupported", "the model is too odd"), "False NotSupported", /^the model is too odd; /],
];

for (const [said, is, says] of verdicts) {
  test(`is ${is}`, () => {
    const found = captureVerdict(intentFr({ capture }), observed({ capture: said }));
    assert.is(`${found?.status} ${found?.reason}`, is);
    assert.match(found?.message ?? "", says);
  });
}

test("is open before a server was asked", () => {
  assert.is(captureVerdict(intentFr({ capture }), observed()), undefined);
});

const known = { captured: 10, sentences: 5, dropped: 1 };

test("has the figures that the servers tell", () => {
  const said = { ...report("Connected"), captured: 12, sentences: 6, dropped: 0 };
  const status = captureStatus(
    intentFr({ capture }, { capture: known }),
    observed({ capture: said }),
  );
  assert.equal(status, { capture: { captured: 12, sentences: 6, dropped: 0 } });
});

test("keeps the last ones while they tell none", () => {
  const model = intentFr({ capture }, { capture: known });
  assert.equal(captureStatus(model, observed()), { capture: known });
  const said = { ...report("DatabaseUnreachable"), dropped: 7 };
  assert.equal(captureStatus(model, observed({ capture: said })), {
    capture: { ...known, dropped: 7 },
  });
});

test("has none before there are any, and without capture", () => {
  assert.equal(captureStatus(intentFr({ capture }), observed({ capture: report("Starting") })), {});
  assert.equal(captureStatus(intentFr({}, { capture: known }), observed()), {});
});

test.run();
