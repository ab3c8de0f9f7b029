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
  await kubectl(["rollout", "status", `statefulset/${name}`, "-n", namespace, "--timeout=180s"]);
}

/** Removes what was installed, with all data. */
export async function removeDatabase(kubectl: Kubectl, namespace: string): Promise<void> {
  const kinds = "statefulset,service,secret";
  const selector = ["-n", namespace, "-l", `app.kubernetes.io/name=${name}`];
  await kubectl(["delete", kinds, ...selector, "--ignore-not-found", "--wait"]);
}
