import { run } from "../../../tools/support/command.ts";
import { here } from "../../../tools/cluster/instance.ts";
import { inNode } from "../../../tools/cluster/network.ts";
import { examples, isMeasured } from "../../docs/examples.ts";
import { suite } from "../../support/suite.ts";
import { longest, namespaceOf, runExample } from "./run-example.ts";
import { loadModelImage } from "../model-image.ts";
import { apply, installed, kubectl } from "../world.ts";

/** Those with a measurement are in measured-examples.test.ts. */
const test = suite("The examples", longest + 120_000);
const volume = namespaceOf("from-claim");
const path = `/var/lib/intendant-${volume}`;
const onNode = (program: string, ...args: string[]) => run(...inNode(here, program, args));

test.before(async () => {
  await installed();
  await Promise.all([createVolume(), loadModelImage()]);
});

test.after(removeVolume);

/** What a cluster with storage would make for the claim. */
async function createVolume(): Promise<void> {
  await removeVolume();
  await onNode("install", "--directory", "--mode=777", path);
  await apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volume },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "10Mi" },
      claimRef: { name: "models", namespace: volume },
      hostPath: { path, type: "Directory" },
    },
  });
}

async function removeVolume(): Promise<void> {
  await kubectl("delete", "persistentvolume", volume, "--ignore-not-found", "--wait=false");
  await onNode("rm", "-rf", path);
}

for (const name of examples.filter((name) => !isMeasured(name))) {
  test(`do what they say: ${name}`, () => runExample(name));
}

test.run();
