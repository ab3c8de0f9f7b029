/**
 * Runs a program of the product from its sources, and restarts it when one of them changes.
 *
 *   node tools/dev.ts operator   against the test cluster, which is started if it does not run
 *   node tools/dev.ts server     with the French model, on http://localhost:8080
 */
import { spawn, spawnSync } from "node:child_process";
import { images, imageName } from "./cluster/images/images.ts";
import { up } from "./cluster/cluster.ts";
import { here } from "./cluster/instance.ts";
import { toolPath } from "./cluster/programs/tools.ts";

const usage = "Usage: node tools/dev.ts operator|server";

const programs: Record<string, () => Promise<void>> = { operator, server };

try {
  const program = programs[process.argv[2] ?? ""];
  if (program === undefined) throw new Error(usage);
  await program();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** The operator, as an administrator of the test cluster and in place of an installed one. */
async function operator(): Promise<void> {
  await up(here);
  await images(here, { names: ["server", "benchmark"] });
  kubectl("apply", "--server-side", "--force-conflicts", "-f", "crds/modeldeployments.yaml");
  stopInstalledOperator();
  await watch("operator/src/main.ts", {
    KUBECONFIG: here.kubeconfig,
    SERVER_IMAGE: imageName(here, "server"),
    BENCHMARK_IMAGE: imageName(here, "benchmark"),
    // No other replica: the one that the chart may have installed was stopped.
    LEADER_ELECTION: "false",
    OPS_PORT: "0",
  });
}

/** The server alone; it needs no cluster. */
async function server(): Promise<void> {
  await watch("server/src/serve/main.ts", {
    MODEL_PATH: "model/intent-fr.onnx",
    DRAIN_SECONDS: "0",
  });
}

/** Two operators would undo each other's work. */
function stopInstalledOperator(): void {
  const deployment = ["deployment/intendant", "--namespace", "intendant-system"];
  if (kubectl("get", ...deployment, "--ignore-not-found", "-o", "name") === "") return;
  kubectl("scale", ...deployment, "--replicas=0");
  kubectl(
    "wait",
    "--for=delete",
    "pod",
    "-l",
    "app.kubernetes.io/name=intendant",
    ...deployment.slice(1),
  );
  console.log(
    "Scaled the installed operator to 0 replicas; to bring it back, run: " +
      `kubectl scale ${deployment.join(" ")} --replicas=1`,
  );
}

/** What kubectl printed. */
function kubectl(...args: string[]): string {
  const env = { ...process.env, PATH: toolPath(), KUBECONFIG: here.kubeconfig };
  const result = spawnSync("kubectl", args, {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", 2],
  });
  if (result.status === 0) return result.stdout;
  throw new Error(`This failed: kubectl ${args.join(" ")}`, { cause: result.error });
}

/** Runs a program until it is interrupted, and restarts it when a file that it imports changes. */
async function watch(program: string, env: Record<string, string>): Promise<void> {
  // Other settings come from the environment: LOG_LEVEL=debug make dev.
  const options = { env: { ...process.env, ...env }, stdio: "inherit" } as const;
  const child = spawn(process.execPath, ["--watch", "--watch-preserve-output", program], options);
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve());
  // A terminal interrupts both; this one waits until the program has ended.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  await promise;
}
