import type { Plan } from "../contract.ts";

type Json = Record<string, unknown>;

/** The plan in the environment variable PLAN; an Error says in a sentence what is wrong with it. */
export function readPlan(text: string | undefined): Plan {
  if (!text) throw new Error("PLAN is not set; give it the JSON that benchmarks/contract.ts shows");
  const plan = parsed(text);
  demand(plan, "url", isAddress, "a base address such as http://intent-fr.demo.svc");
  demand(plan, "model", isName, "the name of the model");
  demand(plan, "duration", isPositive, "a number of seconds above 0");
  demand(plan, "load", isObject, "an object with scenario Users or Rate");
  demandLoad(plan["load"] as Json);
  const valid = plan as unknown as Plan;
  return { ...valid, url: valid.url.replace(/\/+$/, "") };
}

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // The sentence below says it better than the parser.
  }
  throw new Error(`PLAN is not a JSON object: ${shown(text)}`);
}

function demandLoad(load: Json): void {
  demand(load, "scenario", (name) => name === "Users" || name === "Rate", "Users or Rate", "load.");
  if (load["scenario"] === "Rate") {
    demand(load, "rate", isCount, "a whole number of requests per second above 0", "load.");
    return;
  }
  demand(load, "users", isCount, "a whole number above 0", "load.");
  demand(load, "thinkTime", isObject, "an object with min and max in seconds", "load.");
  const { min, max } = load["thinkTime"] as Json;
  if (!isPause(min) || !isPause(max) || min > max) {
    const got = shown(load["thinkTime"]);
    throw new Error(
      `PLAN: load.thinkTime must be seconds from 0 with min at most max, but is ${got}`,
    );
  }
}

function demand(
  object: Json,
  field: string,
  holds: (value: unknown) => boolean,
  wanted: string,
  path = "",
): void {
  const value = object[field];
  if (holds(value)) return;
  const got = value === undefined ? "missing" : shown(value);
  throw new Error(`PLAN: ${path}${field} must be ${wanted}, but is ${got}`);
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isAddress = (value: unknown) => typeof value === "string" && /^https?:\/\/[^/]+/.test(value);
const isName = (value: unknown) => typeof value === "string" && value !== "";
const isPositive = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) && value > 0;
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;
const isPause = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
const shown = (value: unknown) => JSON.stringify(value).slice(0, 100);
