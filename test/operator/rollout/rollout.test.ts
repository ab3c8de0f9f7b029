import * as assert from "uvu/assert";
import {
  decideRollout,
  type Rollout,
  type RolloutInput,
} from "../../../operator/src/rollout/rollout.ts";
import { suite } from "../../support/suite.ts";

const test = suite("rollout");

interface Case {
  title: string;
  when: Partial<RolloutInput>;
  decided: Partial<Rollout>;
}

const nothing: RolloutInput = {
  desired: undefined,
  current: undefined,
  established: false,
  paused: false,
  gate: undefined,
  existing: [],
  historyLimit: 0,
};

const cases: Case[] = [
  {
    title: "the first revision gets the traffic from the start",
    when: { desired: "aaa" },
    decided: { serving: "aaa", candidate: undefined },
  },
  {
    title: "nothing happens while the desired revision serves",
    when: { desired: "aaa", current: "aaa", established: true, existing: ["aaa"] },
    decided: { serving: "aaa", candidate: undefined, superseded: [] },
  },
  {
    title: "a changed revision becomes a candidate beside the serving one",
    when: { desired: "bbb", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    decided: { serving: "aaa", candidate: "bbb", superseded: [] },
  },
  {
    title: "a complete candidate gets the traffic, and the old one stays until that is seen",
    when: {
      desired: "bbb",
      current: "aaa",
      established: true,
      gate: "open",
      existing: ["aaa", "bbb"],
    },
    decided: { serving: "bbb", candidate: undefined, superseded: [] },
  },
  {
    title: "the old revision goes once another one has been seen to get the traffic",
    when: {
      desired: "bbb",
      current: "bbb",
      established: true,
      existing: ["aaa", "bbb"],
    },
    decided: { serving: "bbb", superseded: ["aaa"] },
  },
  {
    title: "as many old revisions as wanted are kept, the newest ones, and the others go",
    when: {
      desired: "ddd",
      current: "ddd",
      established: true,
      existing: ["ddd", "ccc", "bbb", "aaa"],
      historyLimit: 2,
    },
    decided: { serving: "ddd", retired: ["ccc", "bbb"], superseded: ["aaa"] },
  },
  {
    title: "a refused revision gets no traffic and is kept first",
    when: {
      desired: "ccc",
      current: "aaa",
      established: true,
      gate: "refused",
      existing: ["bbb", "ccc", "aaa"],
      historyLimit: 1,
    },
    decided: {
      serving: "aaa",
      candidate: undefined,
      refused: "ccc",
      retired: ["ccc"],
      superseded: ["bbb"],
    },
  },
  {
    title: "a refused revision goes where no history is wanted",
    when: {
      desired: "bbb",
      current: "aaa",
      established: true,
      gate: "refused",
      existing: ["bbb", "aaa"],
    },
    decided: { serving: "aaa", refused: "bbb", retired: [], superseded: ["bbb"] },
  },
  {
    title: "a candidate behind a gate gets no traffic while it is measured",
    when: {
      desired: "bbb",
      current: "aaa",
      established: true,
      gate: "measuring",
      existing: ["bbb", "aaa"],
    },
    decided: { serving: "aaa", candidate: "bbb", superseded: [] },
  },
  {
    title: "nothing changes while it is paused",
    when: {
      desired: "bbb",
      current: "aaa",
      established: true,
      paused: true,
      existing: ["bbb", "aaa"],
    },
    decided: { serving: "aaa", candidate: undefined, refused: undefined },
  },
  {
    title: "nothing begins while it is paused",
    when: { desired: "aaa", paused: true },
    decided: { serving: undefined, candidate: undefined },
  },
  {
    title: "a candidate that the spec no longer asks for goes",
    when: { desired: "ccc", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    decided: { serving: "aaa", candidate: "ccc", superseded: ["bbb"] },
  },
  {
    title: "going back to the serving revision removes the candidate and touches nothing else",
    when: { desired: "aaa", current: "aaa", established: true, existing: ["aaa", "bbb"] },
    decided: { serving: "aaa", candidate: undefined, superseded: ["bbb"] },
  },
  {
    title: "a first revision that never answered is replaced at once",
    when: { desired: "bbb", current: "aaa", existing: ["aaa"] },
    decided: { serving: "bbb", candidate: undefined, superseded: [] },
  },
  {
    title: "everything stays while it cannot be said what the spec asks for",
    when: { current: "aaa", established: true, existing: ["aaa", "bbb"] },
    decided: { serving: "aaa", candidate: undefined, superseded: [] },
  },
  {
    title: "there is nothing as long as nothing can be said",
    when: {},
    decided: { serving: undefined, candidate: undefined, superseded: [] },
  },
];

for (const { title, when, decided } of cases) {
  test(title, () => {
    const actual = decideRollout({ ...nothing, ...when });
    assert.equal({ ...actual, ...decided }, actual);
  });
}

test.run();
