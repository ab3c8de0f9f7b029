// Waits until a ModelDeployment has been measured:
// node benchmark.mjs API-SERVER FOLDER-OF-THE-TOKEN NAMESPACE NAME SECONDS
import { readFile } from "node:fs/promises";

const [server, account, namespace, name, seconds] = process.argv.slice(-5);
const path = `/apis/intendant.dev/v1alpha1/namespaces/${namespace}/modeldeployments/${name}`;
const end = Date.now() + Number(seconds) * 1000;
let trouble = "it has no status";
do {
  const model = await read().catch((error) => {
    trouble = error.cause?.message ?? error.message;
  });
  if (model) judge(model.status ?? {});
  await new Promise((resolve) => setTimeout(resolve, 1000));
} while (Date.now() < end);
fail(`was not measured within ${seconds} s; in the end: ${trouble}`);

async function read() {
  // A token is replaced while it is used.
  const authorization = `Bearer ${await readFile(`${account}/token`, "utf8")}`;
  const signal = AbortSignal.timeout(5000);
  const response = await fetch(server + path, {
    headers: { authorization },
    signal,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** Ends this program when the status says how it went. */
function judge({ benchmark, conditions = [], history = [] }) {
  const condition = (type) => conditions.find((one) => one.type === type) ?? { message: type };
  if (condition("Benchmarked").status === "True") {
    console.log(`${namespace}/${name} was measured: ${condition("Benchmarked").message}`);
    console.log(`WithinSLO is ${condition("WithinSLO").status}: ${condition("WithinSLO").message}`);
    console.log(JSON.stringify(benchmark));
    process.exit(0);
  }
  trouble = condition("Benchmarked").message;
  if (history.length > 0) fail(`has no figure: ${trouble}`);
}

function fail(words) {
  console.error(`${namespace}/${name} ${words}`);
  process.exit(1);
}
