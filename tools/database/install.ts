import { randomBytes } from "node:crypto";
import { stringify } from "yaml";
import { createIdentity } from "./identity.ts";
import { hostOf, name, secrets, server, type Database } from "./objects.ts";

/** Runs kubectl with arguments and what it reads, and gives what it printed. */
export type Kubectl = (args: string[], input?: string) => Promise<string>;

/** Installs a PostgreSQL and waits until it answers; one that is there keeps its data and password. */
export async function installDatabase(kubectl: Kubectl, database: Database): Promise<void> {
  const { namespace } = database;
  const objects = server(database);
  const found = await kubectl(["get", "secret", name, "-n", namespace, "--ignore-not-found"]);
  if (!found) {
    const identity = await createIdentity(hostOf(namespace));
    objects.unshift(...secrets(namespace, randomBytes(16).toString("hex"), identity));
  }
  const yaml = objects.map((object) => stringify(object)).join("---\n");
  await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], yaml);
  await databaseReady(kubectl, namespace);
}

/** Waits until the server answers by the address that applications have of it. */
export async function databaseReady(kubectl: Kubectl, namespace: string): Promise<void> {
  const own = ["-n", namespace];
  await kubectl(["rollout", "status", `statefulset/${name}`, ...own, "--timeout=180s"]);
  // A pod can be ready for a second or more before the node sends to it what is for its Service.
  const ask = `pg_isready --timeout=1 --host=${hostOf(namespace)}`;
  const script = `for i in $(seq 60); do ${ask} -q && exit; sleep 0.2; done; ${ask} >&2`;
  await kubectl(["exec", `${name}-0`, ...own, "--", "sh", "-c", script]);
}

/** Removes what was installed, with all data. */
export async function removeDatabase(kubectl: Kubectl, namespace: string): Promise<void> {
  const kinds = "statefulset,service,secret";
  const selector = ["-n", namespace, "-l", `app.kubernetes.io/name=${name}`];
  await kubectl(["delete", kinds, ...selector, "--ignore-not-found", "--wait"]);
}
