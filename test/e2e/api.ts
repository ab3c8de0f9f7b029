import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { parse } from "yaml";
import { kubeconfigPath } from "../../tools/cluster/programs/tools.ts";

/** Where the API server has a kind. */
interface Place {
  /** For example `apis/apps/v1`. */
  version: string;
  plural: string;
  isGlobal?: boolean;
}

/** Kinds by the names that kubectl knows them by, beside the plural. */
const places: Record<string, Place> = {
  configmap: { version: "api/v1", plural: "configmaps" },
  crd: {
    version: "apis/apiextensions.k8s.io/v1",
    plural: "customresourcedefinitions",
    isGlobal: true,
  },
  deployment: { version: "apis/apps/v1", plural: "deployments" },
  event: { version: "api/v1", plural: "events" },
  hpa: { version: "apis/autoscaling/v2", plural: "horizontalpodautoscalers" },
  "httproutes.gateway.networking.k8s.io": {
    version: "apis/gateway.networking.k8s.io/v1",
    plural: "httproutes",
  },
  ingress: { version: "apis/networking.k8s.io/v1", plural: "ingresses" },
  job: { version: "apis/batch/v1", plural: "jobs" },
  mdep: { version: "apis/intendant.dev/v1alpha1", plural: "modeldeployments" },
  namespace: { version: "api/v1", plural: "namespaces", isGlobal: true },
  networkpolicy: { version: "apis/networking.k8s.io/v1", plural: "networkpolicies" },
  pdb: { version: "apis/policy/v1", plural: "poddisruptionbudgets" },
  persistentvolume: { version: "api/v1", plural: "persistentvolumes", isGlobal: true },
  persistentvolumeclaim: { version: "api/v1", plural: "persistentvolumeclaims" },
  pod: { version: "api/v1", plural: "pods" },
  poddisruptionbudget: { version: "apis/policy/v1", plural: "poddisruptionbudgets" },
  priorityclass: {
    version: "apis/scheduling.k8s.io/v1",
    plural: "priorityclasses",
    isGlobal: true,
  },
  resourcequota: { version: "api/v1", plural: "resourcequotas" },
  limitrange: { version: "api/v1", plural: "limitranges" },
  secret: { version: "api/v1", plural: "secrets" },
  service: { version: "api/v1", plural: "services" },
  statefulset: { version: "apis/apps/v1", plural: "statefulsets" },
};

/** Names of kinds that are not the one in `places`, as objects and kubectl have them. */
const otherNames: Record<string, string> = {
  customresourcedefinition: "crd",
  horizontalpodautoscaler: "hpa",
  modeldeployment: "mdep",
};

/** The path of an object, or without a name of all objects, of a kind in a namespace. */
export function pathOf(kind: string, namespace: string, name?: string): string {
  const { version, plural, isGlobal } = placeOf(kind);
  const within = isGlobal || namespace === "" ? [] : ["namespaces", namespace];
  return ["", version, ...within, plural, ...(name === undefined ? [] : [name])].join("/");
}

/** Whether there is a path for the kind of an object. */
export function isKnown({ apiVersion = "", kind = "" }): boolean {
  const version = apiVersion.includes("/") ? `apis/${apiVersion}` : `api/${apiVersion}`;
  return find(kind)?.version === version;
}

function find(kind: string): Place | undefined {
  const key = kind.toLowerCase();
  return places[otherNames[key] ?? key] ?? Object.values(places).find((one) => one.plural === key);
}

function placeOf(kind: string): Place {
  const found = find(kind);
  if (found) return found;
  throw new Error(`test/e2e/api.ts has no path for the kind "${kind}"; add it there`);
}

/** What the API server answered with another status than one of success. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** How to ask the API server. */
export interface Question {
  method?: string;
  query?: Record<string, string>;
  body?: string;
  /** Content type of the body. */
  type?: string;
}

/** Asks the API server as an administrator and gives the text of the answer. */
export async function ask(path: string, question: Question = {}): Promise<string> {
  const answer = await open(path, question);
  const text = await textOf(answer);
  const { statusCode = 0 } = answer;
  if (statusCode >= 200 && statusCode < 300) return text;
  throw new ApiError(statusCode, messageOf(text));
}

/** Each change of the objects at a path, until the API server ends the watch or the signal does. */
export async function* changes(
  path: string,
  query: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<{ type: string; object: unknown }> {
  const answer = await open(path, { query: { ...query, watch: "true" } }, signal);
  if (answer.statusCode !== 200) {
    throw new ApiError(answer.statusCode ?? 0, messageOf(await textOf(answer)));
  }
  let rest = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as { type: string; object: unknown };
  }
}

/** Milliseconds without a byte after which a question has failed. */
const longest = 60_000;

interface Connection {
  server: string;
  agent: Agent;
}

let connection: Connection | undefined;

/** Connections are kept: most questions take a millisecond. */
function connected(): Connection {
  if (connection) return connection;
  const { clusters, users } = parse(readFileSync(kubeconfigPath(), "utf8"));
  const decoded = (text: string) => Buffer.from(text, "base64");
  const { cluster } = clusters[0];
  const { user } = users[0];
  const agent = new Agent({
    keepAlive: true,
    ca: decoded(cluster["certificate-authority-data"]),
    cert: decoded(user["client-certificate-data"]),
    key: decoded(user["client-key-data"]),
  });
  connection = { server: cluster.server, agent };
  return connection;
}

function open(
  path: string,
  { method = "GET", query = {}, body, type = "application/json" }: Question,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const { server, agent } = connected();
  const url = new URL(server + path);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  const headers = body === undefined ? {} : { "content-type": type };
  const options = { method, agent, headers, timeout: longest, ...(signal && { signal }) };
  return new Promise((resolve, reject) => {
    const asked = request(url, options, resolve);
    asked.on("timeout", () => asked.destroy(new Error(`No answer within ${longest} ms: ${path}`)));
    asked.on("error", (error: NodeJS.ErrnoException) => {
      // The API server ended a kept connection while the question was on its way.
      if (asked.reusedSocket && error.code === "ECONNRESET") {
        resolve(open(path, { method, query, ...(body !== undefined && { body }), type }, signal));
      } else reject(error);
    });
    asked.end(body);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  return text;
}

/** What a Status object says, or whatever else came. */
function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
