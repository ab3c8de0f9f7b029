import * as assert from "uvu/assert";
import type { CaptureReport } from "../../../operator/src/state/capture-report.ts";
import { captureStatus } from "../../../operator/src/status/capture-status.ts";
import { capture, intentFr, observed } from "../fixtures.ts";
import { suite } from "../../support/suite.ts";

const test = suite("status.capture");

const report = (state: CaptureReport["state"]): CaptureReport => ({ state, annotators: [] });

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
