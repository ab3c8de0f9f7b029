import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { ModelDeployment } from "../../operator/src/api/model-deployment.ts";
import { toolPath } from "../../tools/cluster/programs/tools.ts";

/** What a program printed, and its exit code. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

const group = "/apis/intendant.dev/v1alpha1";

/** As much discovery as kubectl needs to know what a ModelDeployment is. */
const discovery: Record<string, object> = {
  "/api": { kind: "APIVersions", versions: [] },
  "/apis": {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: [
      {
        name: "intendant.dev",
        versions: [{ groupVersion: "intendant.dev/v1alpha1", version: "v1alpha1" }],
        preferredVersion: { groupVersion: "intendant.dev/v1alpha1", version: "v1alpha1" },
      },
    ],
  },
  [group]: {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: "intendant.dev/v1alpha1",
    resources: [
      {
        name: "modeldeployments",
        singularName: "modeldeployment",
        shortNames: ["mdep"],
        namespaced: true,
        kind: "ModelDeployment",
        verbs: ["get", "list", "watch"],
      },
    ],
  },
};

/**
 * Runs a program with the real kubectl on its PATH, in front of an API server that has nothing but
 * ModelDeployments of namespace demo. They are asked for anew for each request.
 */
export async function withKubectl(
  models: () => ModelDeployment[],
  program: string,
  args: string[],
): Promise<Outcome> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://server");
    const answer = discovery[pathname] ?? resource(pathname, models());
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { kind: "Status", code: 404, reason: "NotFound" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const home = mkdtempSync(join(tmpdir(), "intendant-kubectl-"));
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { PATH: toolPath(), HOME: home, KUBERNETES_MASTER: address };
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    return { code, stdout, stderr };
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(home, { recursive: true });
  }
}

function resource(path: string, models: ModelDeployment[]): object | undefined {
  const [, namespace, name] =
    /^\/apis\/intendant\.dev\/v1alpha1(?:\/namespaces\/(\w+))?\/modeldeployments(?:\/(.+))?$/.exec(
      path,
    ) ?? [];
  if (!path.startsWith(`${group}/`) || (namespace !== undefined && namespace !== "demo")) {
    return undefined;
  }
  if (name !== undefined) return models.find(({ metadata }) => metadata.name === name);
  return {
    apiVersion: "intendant.dev/v1alpha1",
    kind: "ModelDeploymentList",
    metadata: {},
    items: models,
  };
}
