import * as assert from "uvu/assert";
import type { Plan } from "../../../benchmarks/contract.ts";
import type { ModelDeployment } from "../../../operator/src/api/model-deployment.ts";
import type { NetworkPolicy } from "../../../operator/src/kube/objects.ts";
import { createIdentity } from "../../../tools/database/identity.ts";
import { allows } from "../../support/network-policies.ts";
import { endpoints, record } from "../connections.ts";
import { createDatabase, type DatabaseInCluster } from "../database.ts";
import { load } from "../load.ts";
import {
  apply,
  ask,
  condition,
  eventually,
  intentModel,
  kubectl,
  list,
  namespacedSuite,
  read,
} from "../world.ts";

const demo = "capture-test";
/** In a namespace under the strictest Pod Security Standard, the database as well. */
const test = namespacedSuite("Capture", demo, 400_000);
let database: DatabaseInCluster;

const small = { requests: { cpu: "50m", memory: "256Mi" } };
const deploy = (name: string, capture: object = {}, spec: object = {}) =>
  apply(
    intentModel(name, demo, {
      resources: small,
      capture: { databaseSecret: { name: "database" }, ...capture },
      ...spec,
    } as Partial<ModelDeployment["spec"]>),
  );
const secret = (name: string, stringData: Record<string, string>) =>
  apply({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: demo }, stringData });
const model = async (name: string) => (await read<ModelDeployment>("mdep", demo, name))!;
const say = (name: string, sentence: string) =>
  ask<object[]>(demo, name, `/api/intent?sentence=${encodeURIComponent(sentence)}`);

/** The model's condition Capturing, as soon as it has this reason. */
const capturing = (name: string, reason: string, limit = 180) =>
  eventually(`Capturing of ${name} is ${reason}`, limit, async () => {
    const found = (await model(name)).status?.conditions?.find(({ type }) => type === "Capturing");
    return found?.reason === reason && found;
  });

/** The sentences of a model that are in the database. */
async function sentences(name: string): Promise<string[]> {
  const found = await database.sql<{ sentence: string }>(`
    SELECT sentence FROM intendant.examples JOIN intendant.models ON models.id = model_id
    WHERE name = '${demo}/${name}' ORDER BY examples.id`);
  return found.map(({ sentence }) => sentence);
}

const kept = (name: string, sentence: string) =>
  eventually(`"${sentence}" is kept`, 60, async () => (await sentences(name)).includes(sentence));

test.before(async () => {
  database = await createDatabase(demo);
});

test.after(() => database.remove());

test("keeps what is asked, and nothing that is nobody's business", async () => {
  const benchmark = { scenario: "Rate", rate: "20/s", duration: "5s", warmUp: "0s" };
  await deploy("kept", {}, { benchmark });
  await condition(demo, "kept", "Capturing");
  await condition(demo, "kept", "Benchmarked");
  await say("kept", "un train pour Paris");
  await say("kept", "écris à jeanne.martin@example.com");
  await say("kept", "un train pour Paris");
  await kept("kept", "un train pour Paris");
  await eventually("all three are counted", 60, async () => {
    const { captured, sentences } = (await model("kept")).status?.capture ?? {};
    return captured === 3 && sentences === 2;
  });
  assert.not.match((await sentences("kept")).join(), /jeanne/);
  const [answer] = await database.sql<{ answer: object; microseconds: number }>(`
    SELECT answer, microseconds FROM intendant.requests ORDER BY id LIMIT 1`);
  assert.match(JSON.stringify(answer?.answer), "find-train");
  assert.ok(answer && answer.microseconds > 0);
});

test("fails no request while the database is away, and counts what it dropped", async () => {
  await deploy("steady");
  const { status } = await condition(demo, "steady", "Capturing");
  const plan: Plan = {
    url: status!.url!,
    model: "steady",
    duration: 60,
    capture: true,
    load: { scenario: "Rate", rate: 50 },
  };
  const traffic = await load(demo, "steady-load", plan);
  await traffic.started();
  await eventually(
    "something is captured",
    60,
    async () => (await sentences("steady")).length > 50,
  );
  await database.stop();
  await capturing("steady", "DatabaseUnreachable", 60);
  assert.is(
    (await model("steady")).status?.conditions?.find(({ type }) => type === "Ready")?.status,
    "True",
    "it serves all the same",
  );
  await database.start();
  await database.crash();
  const { errors, failedChecks, requests } = await traffic.measured();
  assert.equal({ errors, failedChecks }, { errors: 0, failedChecks: 0 });
  assert.ok(requests >= 50 * 60 * 0.8, `only ${requests} requests were sent`);

  await capturing("steady", "Connected");
  await eventually("every request was captured or dropped", 90, async () => {
    const { captured = 0, dropped = 0 } = (await model("steady")).status?.capture ?? {};
    return captured + dropped === requests;
  });
});

test("waits for the right Secret while the model serves, and takes it up as it comes", async () => {
  const right = { uri: database.secret["uri"]!, "ca.crt": database.secret["ca.crt"]! };
  const { authority } = await createIdentity("somebody-else");
  await secret("elsewhere", { ...right, "ca.crt": authority });
  await secret("mistyped", { ...right, uri: right.uri.replace(/:[^:@]+@/, ":wrong@") });
  const waiting: [name: string, secret: string, reason: string, message: RegExp][] = [
    ["deceived", "elsewhere", "DatabaseRefused", /certificate/],
    ["unknown", "mistyped", "DatabaseRefused", /password/],
    ["early", "later", "SecretMissing", /later/],
  ];
  for (const [name, secret] of waiting) await deploy(name, { databaseSecret: { name: secret } });
  for (const [name, , reason, message] of waiting) {
    await condition(demo, name, "Ready");
    const found = await capturing(name, reason);
    assert.is(found.status, "False");
    assert.match(found.message, message);
    await say(name, "bonjour");
  }
  for (const [, name] of waiting) await secret(name, right);
  // The kubelet brings Secrets when it looks at a pod, every minute or when something changes there.
  const models = waiting.map(([name]) => name).join();
  await kubectl(
    "annotate",
    "pod",
    "-n",
    demo,
    "-l",
    `intendant.dev/model in (${models})`,
    "look=now",
  );
  for (const [name] of waiting) {
    await capturing(name, "Connected");
    await say(name, "un vol pour Rome");
    await kept(name, "un vol pour Rome");
  }
});

test("forgets what was not asked again within its retention", async () => {
  await deploy("forgetful", { retention: "1h" });
  await condition(demo, "forgetful", "Capturing");
  await say("forgetful", "une pizza");
  await say("forgetful", "un billet de train");
  await kept("forgetful", "un billet de train");
  const own = `(SELECT id FROM intendant.models WHERE name = '${demo}/forgetful')`;
  await database.sql(`
    UPDATE intendant.requests SET at = at - interval '61 minutes'
    WHERE model_id = ${own} RETURNING id`);
  await database.sql(`
    UPDATE intendant.examples SET last_seen = last_seen - interval '61 minutes'
    WHERE model_id = ${own} AND sentence = 'une pizza' RETURNING id`);
  await eventually("it is forgotten", 180, async () => {
    return (await sentences("forgetful")).join() === "un billet de train";
  });
  await eventually("the status says so", 90, async () => {
    return (await model("forgetful")).status?.capture?.sentences === 1;
  });
});

test("needs no more of the network than that the servers reach the database", async () => {
  await apply({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "database", namespace: demo },
    spec: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "database" } },
      policyTypes: ["Ingress"],
      ingress: [
        {
          ports: [{ port: 5432 }],
          from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "model-server" } } }],
        },
      ],
    },
  });
  const recording = await record();
  try {
    await deploy("careful");
    await condition(demo, "careful", "Capturing");
    const pods = await endpoints();
    const policies = await list<NetworkPolicy>("networkpolicy", demo);
    const isDatabase = ([, { labels }]: [string, { labels: Record<string, string> }]) =>
      labels["app.kubernetes.io/name"] === "database";
    const [address, to] = [...pods].find(isDatabase)!;
    const made = recording.seen().filter((one) => one.to === address);
    assert.ok(made.length > 0, "somebody connected to the database");
    for (const { from, port } of made) {
      const pod = pods.get(from);
      assert.ok(pod && allows(policies, { from: pod, to, port }), `${from} to port ${port}`);
    }
  } finally {
    await recording.stop();
  }
});

test.run();
