import { readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import type { Instance } from "./instance.ts";

/**
 * Asks the API server, as the administrator.
 *
 * @returns the answer's body, or nothing when there is no answer or it is not 200
 */
export function ask(instance: Instance, path: string): Promise<string | undefined> {
  const credentials = readCredentials(instance);
  if (credentials === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const { url, ...tls } = credentials;
    const request = get(`${url}${path}`, { ...tls, timeout: 5000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve(response.statusCode === 200 ? body : undefined));
      response.on("error", () => resolve(undefined));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
  });
}

/** Whether an object has a condition that is true. */
export async function hasCondition(
  instance: Instance,
  path: string,
  type: string,
): Promise<boolean> {
  const body = await ask(instance, path);
  const conditions: { type: string; status: string }[] =
    body === undefined ? [] : (JSON.parse(body).status?.conditions ?? []);
  return conditions.some((condition) => condition.type === type && condition.status === "True");
}

function readCredentials({ run, kubeconfig }: Instance) {
  const file = (name: string) => readFileSync(join(run, "pki", name));
  try {
    const { clusters } = JSON.parse(readFileSync(kubeconfig, "utf8"));
    const url: string = clusters[0].cluster.server;
    return { url, ca: file("ca.crt"), cert: file("admin.crt"), key: file("admin.key") };
  } catch {
    return undefined;
  }
}
