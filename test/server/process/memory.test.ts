import * as assert from "uvu/assert";
import { memory } from "../../../server/src/process/memory.ts";
import { suite } from "../../support/suite.ts";

const test = suite("memory");

test("is what Linux says", () => {
  const status =
    "VmPeak:\t 1234567 kB\nVmHWM:\t   98304 kB\nVmRSS:\t   65536 kB\nRssAnon:\t 1 kB\n";
  assert.equal(
    memory(() => status),
    { resident: 65536 * 1024, peak: 98304 * 1024 },
  );
});

test("of this process is there", () => {
  const { resident = 0, peak = 0 } = memory() ?? {};
  assert.ok(resident > 1e6 && peak >= resident, `${resident} and ${peak}`);
});

test("is not known where there is no such file", () => {
  assert.is(
    memory(() => ""),
    undefined,
  );
});

test.run();
