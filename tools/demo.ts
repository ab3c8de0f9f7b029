/**
 * From nothing to a measured P95.
 *
 *   node tools/demo.ts                                           on a cluster of its own
 *   node tools/demo.ts --kubeconfig FILE [--registry HOST/PATH]  on yours
 *   node tools/demo.ts --circle                                  to a model that learned, instead
 *   node tools/demo.ts --down [--kubeconfig FILE]                removes every trace
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { kubeconfigPath, toolPath } from "./cluster/programs/tools.ts";
import { runGuide } from "./generate/guide.ts";

const { values } = parseArgs({
  options: {
    kubeconfig: { type: "string" },
    registry: { type: "string" },
    circle: { type: "boolean", default: false },
    down: { type: "boolean", default: false },
  },
});

const ownCluster = values.kubeconfig === undefined;
const kubeconfig = values.kubeconfig ?? kubeconfigPath();
const release = ["intendant", "--namespace", "intendant-system"];
const example = "crds/examples/intent-fr/intent-fr.yaml";
const guide = "docs/guides/improve-a-model.md";
const question = "Trouve-moi un hôtel pas cher à Lyon pour ce week-end";
const api = "/api/v1/namespaces/default/services/intent-fr:http/proxy";
const began = performance.now();

try {
  if (values.down) down();
  else if (values.circle) await circle();
  else demo();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function install(): void {
  if (ownCluster) cluster("up");
  if (ownCluster) cluster("images");
  else if (values.registry) cluster("images", "--registry", values.registry);

  step("Installing the chart");
  const images = values.registry ? ["--set", `image.registry=${values.registry}`] : [];
  const wait = ["--create-namespace", "--wait", "--timeout", "3m"];
  output("helm", "upgrade", "--install", ...release, "charts/intendant", ...wait, ...images);
}

function demo(): void {
  install();
  step(`Applying ${example}`);
  show("kubectl", "apply", "-f", example);

  step("Waiting until the model is Ready");
  show("kubectl", "wait", "--for=condition=Ready", "mdep/intent-fr", "--timeout=180s");

  step(`Classifying: ${question}`);
  const path = `${api}/api/intent?sentence=${encodeURIComponent(question)}`;
  for (const { intent, probability } of answers(output("kubectl", "get", "--raw", path))) {
    console.log(`  ${intent.padEnd(18)} ${probability.toFixed(3)} ${"#".repeat(probability * 40)}`);
  }

  step("Measuring with ten users, who pause for one to five seconds, for 30 seconds");
  show("kubectl", "wait", "--for=condition=Benchmarked", "mdep/intent-fr", "--timeout=240s");

  step("The measured P95 is in the resource's status");
  show("kubectl", "get", "mdep");
  console.log(`\nIts report, for a browser: ${report()}`);
  console.log(nextSteps());
}

/** Runs the commands of the guide on the demo's cluster. */
async function circle(): Promise<void> {
  install();
  removeCircle();
  step(`Going through ${guide}`);
  await runGuide(guide, { env: environment(), print: (text) => process.stdout.write(text) });
  step("The model has learned from its traffic");
}

/** Removes what a round through the guide leaves. */
function removeCircle(): void {
  const objects = ["mdep/intent-fr", "configmap/intent-fr-next"];
  output("kubectl", "delete", ...objects, "--ignore-not-found", "--wait");
  output(process.execPath, "tools/database/main.ts", "--down");
}

/** The page about the measurement, with its pictures, as a file. */
function report(): string {
  const name = output(
    "kubectl",
    "get",
    "mdep/intent-fr",
    "-o",
    "jsonpath={.status.benchmark.report}",
  );
  const page = output("kubectl", "get", "configmap", name, "-o", "jsonpath={.data.report\\.html}");
  const path = join(tmpdir(), "intent-fr-report.html");
  writeFileSync(path, page);
  return path;
}

function down(): void {
  if (ownCluster) return cluster("down");
  output("kubectl", "delete", "-f", example, "--ignore-not-found", "--wait");
  removeCircle();
  output("helm", "uninstall", ...release, "--ignore-not-found", "--wait");
  console.log("Removed the model and the chart; the CRD remains, because other models may exist");
}

interface Answer {
  intent: string;
  probability: number;
}

function answers(text: string): Answer[] {
  return (JSON.parse(text) as Answer[]).toSorted((a, b) => b.probability - a.probability);
}

function nextSteps(): string {
  return `
Next steps:

  export PATH=${toolPath().split(delimiter)[0]}:$PATH KUBECONFIG=${kubeconfig}
  kubectl describe mdep intent-fr
  kubectl get mdep intent-fr -o jsonpath='{.status.benchmark}'
  kubectl get --raw '${api}/api/intent?sentence=un+train+pour+Paris'
  kubectl port-forward svc/intent-fr 8080:80      # then open http://localhost:8080/api/docs
  kubectl explain mdep.spec.benchmark
  make demo-down${ownCluster ? "" : ` KUBECONFIG=${values.kubeconfig}`}
`;
}

function step(title: string): void {
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`\n[${seconds} s] ${title}`);
}

/** Gives the project's own cluster program a command. */
function cluster(...args: string[]): void {
  show(process.execPath, "tools/cluster/main.ts", ...args);
}

/** Runs a program and shows its output. */
function show(program: string, ...args: string[]): void {
  run(program, args, "inherit");
}

/** What a program printed. */
function output(program: string, ...args: string[]): string {
  return run(program, args, "pipe");
}

/** What programs find when they are started. */
function environment(): NodeJS.ProcessEnv {
  const registry = values.registry ? { REGISTRY: values.registry } : {};
  return { ...process.env, PATH: toolPath(), KUBECONFIG: kubeconfig, ...registry };
}

function run(program: string, args: string[], stdout: "inherit" | "pipe"): string {
  const result = spawnSync(program, args, {
    env: environment(),
    encoding: "utf8",
    stdio: ["ignore", stdout, "inherit"],
  });
  if (result.error || result.status !== 0) {
    throw new Error(`This failed: ${[program, ...args].join(" ")}`, { cause: result.error });
  }
  return result.stdout ?? "";
}
