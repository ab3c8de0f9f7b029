import type { Case, Level } from "./case.ts";
import { binaryTensors } from "./cases/binary.ts";
import { compression } from "./cases/compression.ts";
import { health } from "./cases/health.ts";
import { inference } from "./cases/inference.ts";
import { metadata } from "./cases/metadata.ts";
import { refusals } from "./cases/refusals.ts";
import type { Target } from "./target.ts";

/** All cases, in the order in which they are tried. */
const cases: Case[] = [
  ...health,
  ...metadata,
  ...inference,
  ...refusals,
  ...binaryTensors,
  ...compression,
];

/** What became of a case. */
export interface Result {
  level: Level;
  title: string;
  outcome: "ok" | "FAIL" | "skip";
  /** What was expected and found, or why the case does not apply; empty when it is ok. */
  reason: string;
}

/** Tries the cases one after another. */
export async function* run(target: Target, chosen: Case[] = cases): AsyncGenerator<Result> {
  for (const { level, title, exempt, check } of chosen) {
    const exemption = exempt?.(target);
    if (exemption) yield { level, title, outcome: "skip", reason: exemption };
    else yield { level, title, ...(await outcome(() => check(target))) };
  }
}

async function outcome(check: () => Promise<unknown>): Promise<Pick<Result, "outcome" | "reason">> {
  try {
    await check();
    return { outcome: "ok", reason: "" };
  } catch (error) {
    return { outcome: "FAIL", reason: (error as Error).message };
  }
}
