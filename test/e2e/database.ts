import type { V1Secret, V1Volume } from "@kubernetes/client-node";
import { run } from "../../tools/support/command.ts";
import { imageName, images } from "../../tools/cluster/images/images.ts";
import { here } from "../../tools/cluster/instance.ts";
import { inNode } from "../../tools/cluster/network.ts";
import { databaseReady, installDatabase } from "../../tools/database/install.ts";
import { name as database } from "../../tools/database/objects.ts";
import { apply, command, kubectl, read } from "./world.ts";

/** A PostgreSQL in a namespace of the test cluster; its Secret is called `database`. */
export interface DatabaseInCluster {
  /** What the application's Secret has. */
  secret: Record<string, string>;
  /** The rows that a SELECT gives, or another statement with RETURNING, as JSON has them. */
  sql: <Row>(query: string) => Promise<Row[]>;
  /** Ends it in an orderly way and leaves it ended, as when its node is drained; data stay. */
  stop: () => Promise<void>;
  /** Starts it again and waits until it answers. */
  start: () => Promise<void>;
  /** Ends it without a chance to put anything in order; it comes back by itself. */
  crash: () => Promise<void>;
  /** Removes what does not go with the namespace. */
  remove: () => Promise<void>;
}

/** Installs a PostgreSQL whose data survive its pod. */
export async function createDatabase(namespace: string): Promise<DatabaseInCluster> {
  await images(here, { names: ["database"] });
  const volume = await createVolume(namespace);
  const image = imageName(here, "database");
  const withInput = (args: string[], input?: string) => command("kubectl", args, input);
  await installDatabase(withInput, { namespace, image, data: volume.mounted });
  const set = ["-n", namespace, `statefulset/${database}`];
  const pod = ["-n", namespace, `pod/${database}-0`];
  const exec = (...args: string[]) => kubectl("exec", ...pod, "--", ...args);
  return {
    secret: await secret(namespace),
    async sql<Row>(statement: string) {
      const json = `WITH found AS (${statement}) SELECT coalesce(json_agg(found), '[]') FROM found`;
      const options = ["--no-psqlrc", "--tuples-only", "--no-align", "--username=postgres"];
      return JSON.parse(await exec("psql", ...options, "--dbname=app", "--command", json)) as Row[];
    },
    async stop() {
      await kubectl("scale", ...set, "--replicas=0");
      await kubectl("wait", "--for=delete", ...pod, "--timeout=60s");
    },
    async start() {
      await kubectl("scale", ...set, "--replicas=1");
      await databaseReady(withInput, namespace);
    },
    crash: async () => void (await exec("pg_ctl", "stop", "--mode=immediate", "--no-wait")),
    remove: volume.remove,
  };
}

async function secret(namespace: string): Promise<Record<string, string>> {
  const { data = {} } = (await read<V1Secret>("secret", namespace, database))!;
  const entries = Object.entries(data);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
}

interface NodeVolume {
  mounted: V1Volume;
  remove: () => Promise<void>;
}

/** An empty folder of the node, claimed in a namespace. */
async function createVolume(namespace: string): Promise<NodeVolume> {
  const path = `/var/lib/intendant-${namespace}-database`;
  const name = `${namespace}-database`;
  const onNode = (command: string, ...args: string[]) => run(...inNode(here, command, args));
  const remove = async () => {
    await kubectl("delete", "pv", name, "--ignore-not-found", "--wait=false");
    await onNode("rm", "-rf", path);
  };
  await remove();
  await onNode("install", "--directory", "--owner=999", "--group=999", "--mode=700", path);
  const size = { accessModes: ["ReadWriteOnce"], storageClassName: "" };
  const claimRef = { name: database, namespace };
  const hostPath = { path, type: "Directory" };
  const capacity = { storage: "1Gi" };
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: { ...size, capacity, hostPath, claimRef },
  });
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: database, namespace },
    spec: { ...size, resources: { requests: capacity }, volumeName: name },
  });
  return {
    mounted: { name: "data", persistentVolumeClaim: { claimName: database } },
    remove,
  };
}
