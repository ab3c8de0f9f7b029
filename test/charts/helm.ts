import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments, stringify, type Document } from "yaml";
import { toolPath } from "../../tools/cluster/programs/tools.ts";

/** Where the chart is. */
export const chart = "charts/intendant";

/** What helm said, and its exit code. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Any object of Kubernetes; the tests say what they expect in it. */
export type Manifest = ReturnType<Document["toJS"]>;

/** Runs helm without a cluster, with a home of its own, so that no setting of the machine counts. */
export function helm(args: string[], values: object = {}): Outcome {
  const home = mkdtempSync(join(tmpdir(), "intendant-helm-"));
  try {
    const { status, stdout, stderr, error } = spawnSync("helm", [...args, "--values", "-"], {
      env: { PATH: toolPath(), HOME: home },
      input: stringify(values),
      encoding: "utf8",
    });
    if (error) throw new Error("Could not run helm", { cause: error });
    return { code: status, stdout, stderr };
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** The objects that the chart makes of some values, those of `helm test` among them. */
export function rendered(values: object = {}, release = "intendant"): Manifest[] {
  const args = ["template", release, chart, "--namespace", "intendant-system"];
  const { code, stdout, stderr } = helm(args, values);
  if (code !== 0) throw new Error(`helm template: ${stderr}`);
  return parseAllDocuments(stdout).flatMap((document) => document.toJS() ?? []);
}

/** The one object of a kind, or of a kind and a name. */
export function only(kind: string, objects: Manifest[], name?: string): Manifest {
  const found = objects.filter(
    (object) => object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  );
  const what = [kind, name].filter(Boolean).join(" ");
  if (found.length !== 1) throw new Error(`There are ${found.length} of ${what}, not one`);
  return found[0];
}
