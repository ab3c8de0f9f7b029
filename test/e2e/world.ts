import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { ModelDeployment } from "../../operator/src/api/model-deployment.ts";
import { kubeconfigPath, toolPath } from "../../tools/cluster/programs/tools.ts";
import { suite } from "../support/suite.ts";

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

/** Applies an object, or YAML, as a user would. */
export function apply(object: object | string): Promise<string> {
  const text = typeof object === "string" ? object : stringify(object);
  return command("kubectl", ["apply", "--server-side", "--force-conflicts", "-f", "-"], text);
}

/** An object as the API server has it; undefined when there is none. */
export async function read<T>(
  kind: string,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  const text = await kubectl(
    "get",
    kind,
    name,
    "-n",
    namespace,
    "-o",
    "json",
    "--ignore-not-found",
  );
  return text ? (JSON.parse(text) as T) : undefined;
}

/** All objects of a kind with a label. */
export async function list<T>(kind: string, namespace: string, selector = ""): Promise<T[]> {
  const text = await kubectl("get", kind, "-n", namespace, "-l", selector, "-o", "json");
  return (JSON.parse(text) as { items: T[] }).items;
}

/** Asks until the answer is there; after the limit in seconds it throws with the last failure. */
export async function eventually<T>(
  what: string,
  limit: number,
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + limit * 1000;
  let last: unknown;
  do {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await pause(250);
  } while (performance.now() < end);
  throw new Error(`Not within ${limit} s: ${what}`, { cause: last });
}

/** The operator as the chart installs it, from the images of this checkout. */
export async function installed(): Promise<void> {
  await command(process.execPath, ["tools/cluster/main.ts", "images"]);
  const release = ["upgrade", "--install", "intendant", "charts/intendant"];
  await command("helm", [...release, "-n", system, "--create-namespace", "--wait"]);
}

/** A suite with a namespace of its own, in a cluster where the operator runs. */
export function namespacedSuite(title: string, name: string, limit: number) {
  const test = suite(title, limit);
  test.before(async () => {
    await installed();
    await namespace(name);
  });
  test.after(async () => {
    await kubectl("delete", "namespace", name, "--wait=false");
  });
  return test;
}

/** An empty namespace under the strictest Pod Security Standard. */
export async function namespace(name: string): Promise<void> {
  await kubectl("delete", "namespace", name, "--ignore-not-found", "--wait");
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
    spec: { model: { bundled: "intent-fr" }, resources: { requests: { cpu: "100m" } }, ...spec },
  };
}

/** Waits for a condition of a ModelDeployment and gives the whole resource. */
export async function condition(
  namespace: string,
  name: string,
  type: string,
  limit = 120,
): Promise<ModelDeployment> {
  await kubectl(
    "wait",
    `--for=condition=${type}`,
    `mdep/${name}`,
    "-n",
    namespace,
    `--timeout=${limit}s`,
  );
  return (await read<ModelDeployment>("mdep", namespace, name))!;
}

/** Waits until a ModelDeployment is Ready and its status has what its server says of the model. */
export async function described(namespace: string, name: string): Promise<ModelDeployment> {
  await condition(namespace, name, "Ready");
  // The operator asks the server after it is ready, and holds nothing up for the answer.
  return eventually(`the server of ${name} says what it serves`, 60, async () => {
    const model = (await read<ModelDeployment>("mdep", namespace, name))!;
    return model.status?.serving?.sha256 ? model : undefined;
  });
}

/** What the service answers, asked through the API server. */
export async function ask<T>(namespace: string, name: string, path: string): Promise<T> {
  const service = `/api/v1/namespaces/${namespace}/services/${name}:http/proxy`;
  return JSON.parse(await kubectl("get", "--raw", service + path)) as T;
}
