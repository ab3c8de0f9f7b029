import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import type { Condition, ModelDeployment } from "../../operator/src/api/model-deployment.ts";
import { chosen, inputsKey } from "../../tools/cluster/images/images.ts";
import { here } from "../../tools/cluster/instance.ts";
import { key } from "../../tools/support/cache.ts";
import { kubeconfigPath, toolPath } from "../../tools/cluster/programs/tools.ts";
import { locked } from "../../tools/support/lock.ts";
import { patience } from "../support/patience.ts";
import { suite } from "../support/suite.ts";
import { ApiError, ask as askApi, changes, isKnown, pathOf } from "./api.ts";

const run = promisify(execFile);

/** The namespace in which the operator runs. */
export const system = "intendant-system";

/** What a program printed; a failed one throws with its own words. */
export async function command(program: string, args: string[], input?: string): Promise<string> {
  const env = { ...process.env, PATH: toolPath(), KUBECONFIG: kubeconfigPath() };
  const running = run(program, args, { env, maxBuffer: 64 * 1024 * 1024 });
  if (input !== undefined) running.child.stdin?.end(input);
  try {
    return (await running).stdout.trim();
  } catch (error) {
    const words = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    throw new Error(`${program} ${args.join(" ")}: ${words.trim() || String(error)}`, {
      cause: error,
    });
  }
}

/** kubectl on the test cluster. */
export const kubectl = (...args: string[]): Promise<string> => command("kubectl", args);

/** Applies an object, or YAML with one or more, as `kubectl apply --server-side` does. */
export async function apply(object: object | string): Promise<void> {
  if (typeof object !== "string") return applyOne(object);
  for (const document of parseAllDocuments(object)) await applyOne(document.toJS());
}

/** Applies an object; with dryRun the API server does everything but store it. */
export async function applyOne(object: ObjectToApply, { dryRun = false } = {}): Promise<void> {
  const { kind = "", metadata: { name = "", namespace = "default" } = {} } = object;
  if (!isKnown(object)) return applyUnknown(object, dryRun);
  const query = { fieldManager: "kubectl", force: "true", fieldValidation: "Strict" };
  await askApi(pathOf(kind, namespace, name), {
    method: "PATCH",
    query: dryRun ? { ...query, dryRun: "All" } : query,
    type: "application/apply-patch+yaml",
    body: JSON.stringify(object),
  });
}

/** kubectl finds out where the API server has a kind. */
async function applyUnknown(object: ObjectToApply, dryRun: boolean): Promise<void> {
  const options = ["--server-side", "--force-conflicts", ...(dryRun ? ["--dry-run=server"] : [])];
  await command("kubectl", ["apply", ...options, "-f", "-"], JSON.stringify(object));
}

/** What every object has that can be applied. */
export interface ObjectToApply {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string; namespace?: string };
}

/** An object as the API server has it; undefined when there is none. */
export async function read<T>(
  kind: string,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  try {
    return JSON.parse(await askApi(pathOf(kind, namespace, name))) as T;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** All objects of a kind with a label. */
export async function list<T>(kind: string, namespace: string, selector = ""): Promise<T[]> {
  const query = { labelSelector: selector };
  return (JSON.parse(await askApi(pathOf(kind, namespace), { query })) as { items: T[] }).items;
}

/** What the API server answers at a path, as `kubectl get --raw` gives it. */
export const raw = (path: string): Promise<string> => askApi(path);

/** Asks until the answer is there; after the limit in seconds it throws with the last failure. */
export async function eventually<T>(
  what: string,
  limit: number,
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + limit * patience * 1000;
  let last: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await pause(100);
  } while (performance.now() < end);
  throw new Error(`Not within ${limit * patience} s: ${what}`, { cause: last });
}

/** An object and its state, as far as waiting needs it. */
interface Stateful {
  metadata: { generation?: number; resourceVersion?: string };
  status?: { observedGeneration?: number; conditions?: Condition[] };
}

/**
 * Waits until an object is as it should be, which is looked at whenever it changes; gives the object.
 *
 * @param limit seconds
 */
export async function becomes<T extends object>(
  [kind, namespace, name]: [kind: string, namespace: string, name: string],
  what: string,
  limit: number,
  isSo: (object: T) => unknown,
): Promise<T> {
  const signal = AbortSignal.timeout(limit * patience * 1000);
  let last: T | undefined;
  const look = (object: T) => {
    last = object;
    return isSo(object);
  };
  while (!signal.aborted) {
    // When the watch or the API server ends, what matters is whether it comes back in time.
    const found = await firstState(states<T>(kind, namespace, name, signal), look).catch(() =>
      pause(100),
    );
    if (found) return found;
  }
  const { status } = (last ?? {}) as Stateful;
  throw new Error(
    `Not within ${limit * patience} s: ${kind} ${namespace}/${name} ${what}; it is ${JSON.stringify(status)}`,
  );
}

async function firstState<T>(
  states: AsyncIterable<T>,
  isSo: (object: T) => unknown,
): Promise<T | undefined> {
  for await (const object of states) if (isSo(object)) return object;
  return undefined;
}

/** An object as it is, and again whenever it changes, until the watch ends. */
async function* states<T extends object>(
  kind: string,
  namespace: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const query = { fieldSelector: `metadata.name=${name}` };
  const path = pathOf(kind, namespace);
  type List = { metadata: { resourceVersion: string }; items: T[] };
  const { metadata, items } = JSON.parse(await askApi(path, { query })) as List;
  yield* items;
  const since = { ...query, resourceVersion: metadata.resourceVersion };
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  try {
    for await (const { type, object } of changes(path, since, either)) {
      if (type === "ERROR") return;
      if (type !== "DELETED") yield object as T;
    }
  } finally {
    ending.abort();
  }
}

/** Values that differ from the chart's: tests that measure run beside each other. */
const values = ["--set", "benchmarkConcurrency=4"];

/** Names what the running cluster has installed; gone when the cluster is. */
const note = join(here.run, "installed");

/**
 * The operator as the chart installs it, from the images of this checkout; nothing is done where it is
 * installed already, by whichever test came first.
 */
export async function installed(): Promise<void> {
  await locked(`${here.id}-installation`, "installing the operator", async () => {
    if (existsSync(note) && readFileSync(note, "utf8") === installation()) return;
    await install();
  });
}

/** Installs the operator, whether or not it is installed. */
export async function install(): Promise<void> {
  await command(process.execPath, ["tools/cluster/main.ts", "images"]);
  await release("upgrade", "--install", "charts/intendant", "--create-namespace", ...values);
  writeFileSync(note, installation());
}

/** Changes the chart's release in another way than `installed`, which then installs it anew. */
export async function release(verb: string, ...args: string[]): Promise<string> {
  rmSync(note, { force: true });
  const wait = ["-n", system, "--wait", "--timeout", "5m"];
  return command("helm", [verb, "intendant", ...args, ...wait]);
}

/** A key to the images and the chart of this checkout. */
function installation(): string {
  const images = chosen().map((component) => inputsKey(here.checkout, component, []));
  const chart = globSync("charts/intendant/**").filter((path) => statSync(path).isFile());
  return key([...images, ...values, ...chart.sort().map((path) => readFileSync(path, "utf8"))]);
}

/** A suite with a namespace of its own, in a cluster where the operator runs. */
export function namespacedSuite(title: string, name: string, limit: number) {
  const test = suite(title, limit);
  test.before(async () => {
    await installed();
    await namespace(name);
  });
  test.after(async () => {
    await kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found");
  });
  return test;
}

/** An empty namespace under the strictest Pod Security Standard. */
export async function namespace(name: string): Promise<void> {
  if (await read("namespace", "", name)) await kubectl("delete", "namespace", name, "--wait");
  await apply({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  });
}

/** The resource that an example of crds/examples is about, for a namespace. */
export function example(name: string, namespace: string): string {
  const text = readFileSync(`crds/examples/${name}/${name}.yaml`, "utf8");
  return text.replace(`  name: ${name}\n`, `  name: ${name}\n  namespace: ${namespace}\n`);
}

/** A small ModelDeployment of the French classifier. */
export function intentModel(
  name: string,
  namespace: string,
  spec: Partial<ModelDeployment["spec"]> = {},
): object {
  return {
    apiVersion: "intendant.dev/v1alpha1",
    kind: "ModelDeployment",
    metadata: { name, namespace },
    spec: { model: { bundled: "intent-fr" }, resources: { requests: { cpu: "20m" } }, ...spec },
  };
}

/** Waits for a condition of a ModelDeployment and gives the whole resource. */
export async function condition(
  namespace: string,
  name: string,
  type: string,
  limit = 120,
): Promise<ModelDeployment> {
  const [wanted = "", status = "True"] = type.split("=");
  return becomes<ModelDeployment>(["mdep", namespace, name], `is ${type}`, limit, (model) =>
    hasCondition(model, wanted, status),
  );
}

/** Whether a condition is the one wanted and tells of the present spec, by the rules of `kubectl wait`. */
function hasCondition({ metadata, status = {} }: Stateful, type: string, wanted: string): boolean {
  const found = status.conditions?.find((condition) => condition.type === type);
  const seen = found?.observedGeneration ?? status.observedGeneration ?? metadata.generation ?? 0;
  return found?.status === wanted && seen >= (metadata.generation ?? 0);
}

/** Waits until a ModelDeployment is Ready and its status has what its server says of the model. */
export async function described(namespace: string, name: string): Promise<ModelDeployment> {
  await condition(namespace, name, "Ready");
  // The operator asks the server after it is ready, and holds nothing up for the answer.
  const what = "says what its server serves";
  return becomes<ModelDeployment>(
    ["mdep", namespace, name],
    what,
    60,
    ({ status }) => status?.serving?.sha256,
  );
}

/** What the service answers, asked through the API server. */
export async function ask<T>(namespace: string, name: string, path: string): Promise<T> {
  const service = `/api/v1/namespaces/${namespace}/services/${name}:http/proxy`;
  return JSON.parse(await raw(service + path)) as T;
}
