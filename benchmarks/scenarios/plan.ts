import type { Plan } from "../contract.ts";

type Json = Record<string, unknown>;

/** The plan in the environment variable PLAN; an Error says in a sentence what is wrong with it. */
export function readPlan(text: string | undefined): Plan {
  if (!text) throw new Error("PLAN is not set; give it the JSON that benchmarks/contract.ts shows");
  const plan = parsed(text);
  check(plan, "url", isAddress, "a base address such as http://intent-fr.demo.svc");
  check(plan, "model", isName, "the name of the model");
  check(plan, "duration", isPositive, "a number of seconds above 0");
  check(plan, "warmUp", orMissing(isAtLeast0), "a number of seconds from 0");
  check(plan, "payloads", orMissing(isPath), "the absolute path of a file of JSON lines");
  check(plan, "capture", orMissing(isBoolean), "true or false");
  check(plan, "pods", orMissing(areAddresses), "a list of addresses such as http://10.2.0.7:9090");
  check(plan, "load", isObject, `an object with scenario ${scenarios}`);
  checkLoad(plan["load"] as Json);
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

const loadChecks: Record<Plan["load"]["scenario"], (load: Json) => void> = {
  Users(load) {
    check(load, "load.users", isCount, "a whole number above 0");
    check(load, "load.thinkTime", isObject, "an object with min and max in seconds");
    const isPause = ({ min, max }: Json) =>
      isAtLeast0(min) && isAtLeast0(max) && Number(min) <= Number(max);
    const wanted = "seconds from 0 with min at most max";
    check(load, "load.thinkTime", (pause) => isPause(pause as Json), wanted);
  },

  Rate(load) {
    check(load, "load.rate", isCount, "a whole number of requests per second above 0");
    check(load, "load.ramp", orMissing(isAtLeast0), "a number of seconds from 0");
  },

  Capacity(load) {
    check(load, "load.slo", isObject, "an object with p95 in milliseconds, errorRate, or both");
    const slo = load["slo"] as Json;
    check(slo, "load.slo.p95", orMissing(isPositive), "a number of milliseconds above 0");
    check(slo, "load.slo.errorRate", orMissing(isShare), "a share from 0 to below 1");
    check(load, "load.replicas", isCount, "a whole number above 0");
    const wanted = "a number of requests per second above 0";
    check(load, "load.start", orMissing(isPositive), wanted);
    check(load, "load.limit", orMissing(isPositive), wanted);
    const isResolution = (value: unknown) => isPositive(value) && Number(value) <= 0.5;
    check(load, "load.resolution", isResolution, "a share above 0 and at most 0.5");
    check(load, "load.stepSeconds", isPositive, "a number of seconds above 0");
  },

  Script(load) {
    check(load, "load.path", isPath, "the absolute path of a k6 script");
  },
};

const names = Object.keys(loadChecks);
const scenarios = `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;

function checkLoad(load: Json): void {
  check(load, "load.scenario", (name) => names.includes(String(name)), scenarios);
  loadChecks[load["scenario"] as keyof typeof loadChecks](load);
}

/** @param path where the field is in the plan; its last part is the field of the object */
function check(
  object: Json,
  path: string,
  holds: (value: unknown) => boolean,
  wanted: string,
): void {
  const value = object[path.split(".").at(-1) as string];
  if (holds(value)) return;
  const got = value === undefined ? "missing" : shown(value);
  throw new Error(`PLAN: ${path} must be ${wanted}, but is ${got}`);
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isAddress = (value: unknown) => typeof value === "string" && /^https?:\/\/[^/]+/.test(value);
const areAddresses = (value: unknown) => Array.isArray(value) && value.every(isAddress);
const isBoolean = (value: unknown) => typeof value === "boolean";
const isName = (value: unknown) => typeof value === "string" && value !== "";
const isPath = (value: unknown) => typeof value === "string" && value.startsWith("/");
const isAtLeast0 = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
const isPositive = (value: unknown) => isAtLeast0(value) && value !== 0;
const isShare = (value: unknown) => isAtLeast0(value) && Number(value) < 1;
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;
const orMissing = (holds: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || holds(value);
const shown = (value: unknown) => JSON.stringify(value).slice(0, 100);
