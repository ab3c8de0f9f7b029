import * as assert from "uvu/assert";
import type {
  BenchmarkSpec,
  ModelDeploymentStatus,
  HistoryEntry,
} from "../../../operator/src/api/model-deployment.ts";
import {
  nextRun,
  nextScheduled,
  openRequest,
  type Served,
} from "../../../operator/src/benchmark/triggers.ts";
import { suite } from "../../support/suite.ts";
import { figures, intentFr } from "../fixtures.ts";

const test = suite("due");

const now = new Date("2026-10-01T12:00:00Z");
const served: Served = { subject: "cccccccc", since: "2026-10-01T06:00:00Z", figures };
const unmeasured: Served = { ...served, figures: undefined };
const past = (parts: Partial<HistoryEntry> = {}): HistoryEntry => ({
  job: "intent-fr-benchmark-00000001",
  revision: "aaaaaaaa",
  subject: "cccccccc",
  trigger: "Change",
  outcome: "Valid",
  startedAt: "2026-10-01T07:00:00Z",
  finishedAt: "2026-10-01T07:01:00Z",
  ...parts,
});

interface Case {
  what?: Served;
  history?: HistoryEntry[];
  status?: ModelDeploymentStatus;
  benchmark?: Partial<BenchmarkSpec>;
}

/** `Change`, for instance; nothing when nothing is owed. */
function due({ what = served, history = [], status = {}, benchmark = {} }: Case) {
  const serving = { revision: "aaaaaaaa", since: what.since };
  const spec = { scenario: "Users", warmUp: "0s", ...benchmark } as const;
  const model = intentFr({ benchmark: spec }, { serving, history, ...status });
  const found = nextRun(model, what, now);
  return found && `${found.trigger} ${found.due}`;
}

const hourly = { schedule: "0 * * * *" };
const since = "2026-10-01T06:00:00Z";
const cases: [title: string, of: Case, due: string | undefined][] = [
  ["nothing, where there are figures", { history: [past()] }, undefined],
  ["the first one", { what: unmeasured }, `Change ${since} `],
  [
    "one of a subject that came back, though the other was never measured",
    { what: unmeasured, history: [past()] },
    `Change ${since} intent-fr-benchmark-00000001`,
  ],
  [
    "one after another subject's",
    { what: unmeasured, history: [past({ subject: "dddddddd" })] },
    `Change ${since} intent-fr-benchmark-00000001`,
  ],
  [
    "nothing after one that was not valid",
    { what: unmeasured, history: [past({ outcome: "GeneratorKilled" })] },
    undefined,
  ],
  [
    "one after one that was not valid, when the traffic went away and came back since",
    {
      what: unmeasured,
      history: [past({ outcome: "GeneratorKilled", startedAt: "2026-10-01T05:00:00Z" })],
    },
    `Change ${since} intent-fr-benchmark-00000001`,
  ],
  [
    "one after one that was broken off",
    { what: unmeasured, history: [past({ outcome: "RevisionChanged" })] },
    `Change ${since} intent-fr-benchmark-00000001`,
  ],
  [
    "nothing after one that was not valid, whatever was measured of candidates since",
    {
      what: unmeasured,
      history: [
        past({ trigger: "Gate", subject: "dddddddd" }),
        past({ outcome: "GeneratorKilled" }),
      ],
    },
    undefined,
  ],
  [
    "what somebody asked for",
    { history: [past()], status: { measureRequestedAt: "2026-10-01T11:00:00.000Z" } },
    "Request 2026-10-01T11:00:00.000Z",
  ],
  [
    "nothing that somebody asked for and that began since",
    { history: [past()], status: { measureRequestedAt: "2026-10-01T06:59:59.000Z" } },
    undefined,
  ],
  [
    "what the schedule asks for, once for all times that passed",
    { history: [past()], benchmark: hourly },
    "Schedule 2026-10-01T08:00:00.000Z",
  ],
  [
    "nothing before the schedule's next time",
    {
      history: [past({ startedAt: "2026-10-01T11:59:59Z" })],
      benchmark: { schedule: "1 * * * *" },
    },
    undefined,
  ],
  [
    "what the schedule asks for after one that was not valid",
    { what: unmeasured, history: [past({ outcome: "GeneratorKilled" })], benchmark: hourly },
    "Schedule 2026-10-01T08:00:00.000Z",
  ],
  [
    "nothing by a schedule that cannot be kept",
    { benchmark: { schedule: "99 * * * *" } },
    undefined,
  ],
];
for (const [title, of, expected] of cases) {
  test(`is ${title}`, () => assert.is(due(of), expected));
}

test("by schedule comes after the latest measurement, also when the history has lost it", () => {
  const gates = Array.from({ length: 10 }, () => past({ trigger: "Gate", subject: "dddddddd" }));
  const benchmark = { scenario: "Users", warmUp: "0s", ...hourly } as const;
  const status = {
    history: gates,
    serving: { revision: "aaaaaaaa", since },
    benchmark: { ...figures, startedAt: "2026-10-01T11:30:00Z" },
  };
  const next = nextScheduled(intentFr({ benchmark }, status), "cccccccc");
  assert.is(next?.toISOString(), "2026-10-01T12:00:00.000Z");
});

const requests: [begunAt: string | undefined, isOpen: boolean][] = [
  [undefined, true],
  ["2026-10-01T11:59:59.999Z", true],
  ["2026-10-01T12:00:00.000Z", false],
  ["2026-10-01T12:00:01.000Z", false],
];
for (const [begunAt, isOpen] of requests) {
  test(`on request is ${isOpen ? "still" : "no longer"} owed when one began ${begunAt ?? "never"}`, () => {
    const measureRequestedAt = "2026-10-01T12:00:00.000Z";
    const open = openRequest(intentFr({}, { measureRequestedAt }), begunAt);
    assert.is(open, isOpen ? measureRequestedAt : undefined);
  });
}

test.run();
