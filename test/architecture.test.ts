/** The rooms of the house: which folder may import from which, types included. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import * as assert from "uvu/assert";
import { circle, importsOf, sources, type Import } from "../tools/imports.ts";
import { suite } from "./support/suite.ts";

/**
 * Every room and the rooms that it imports from, which all stand below it. An arrow that no import
 * needs any more fails as well, so the table tells the truth.
 *
 * `operator/main` is the folder's own files; from outside, a program is one room, `operator`.
 */
const rooms: Record<string, string> = {
  test: "benchmarks model operator server tools",

  "tools/main": "tools/cluster tools/generate tools/support tools/testing",
  "tools/bench/enrichment": "model server tools/bench/lib tools/support",
  "tools/bench/generator": "benchmarks tools/bench/lib tools/cluster tools/support",
  "tools/bench/server": "model tools/bench/lib tools/support",
  "tools/bench/capture": "tools/bench/lib tools/support",
  "tools/bench/operator": "operator tools/bench/lib tools/cluster tools/support",
  "tools/bench/overload": "tools/bench/lib tools/support",
  "tools/bench/soak": "tools/bench/lib",
  "tools/bench/lib": "benchmarks tools/cluster tools/support",
  "tools/chart-programs": "tools/cluster tools/support",
  "tools/conformance": "",
  "tools/database": "tools/cluster tools/support",
  "tools/generate": "",
  "tools/pipeline": "tools/cluster tools/support",
  "tools/cluster": "tools/support",
  "tools/support": "model server",
  "tools/testing": "",

  "operator/main":
    "operator/controller operator/observe operator/resources operator/telemetry operator/kube",
  "operator/controller":
    "operator/apply operator/observe operator/status operator/plan operator/rollout operator/enrichment operator/benchmark operator/diagnosis operator/state operator/resources operator/telemetry operator/api operator/kube",
  "operator/apply":
    "operator/status operator/plan operator/enrichment operator/benchmark operator/diagnosis operator/state operator/resources operator/telemetry operator/api operator/kube",
  "operator/observe":
    "operator/state operator/resources operator/telemetry operator/api operator/kube server/contract",
  "operator/status":
    "operator/plan operator/rollout operator/enrichment operator/benchmark operator/diagnosis operator/state operator/resources operator/api operator/kube server/contract",
  "operator/plan":
    "operator/rollout operator/enrichment operator/benchmark operator/state operator/resources operator/api operator/kube",
  "operator/rollout":
    "operator/benchmark operator/diagnosis operator/state operator/resources operator/api",
  "operator/enrichment":
    "operator/diagnosis operator/state operator/resources operator/api operator/kube",
  "operator/benchmark":
    "operator/state operator/resources operator/api operator/kube benchmarks server/contract",
  "operator/diagnosis":
    "operator/state operator/resources operator/api operator/kube server/contract",
  "operator/state": "operator/resources operator/api operator/kube server/contract",
  "operator/resources": "operator/api operator/kube benchmarks server/contract",
  "operator/telemetry": "operator/api operator/kube",
  "operator/api": "operator/kube",
  "operator/kube": "",

  "server/serve":
    "server/serve/http server/serve/grpc server/serve/tracing server/serve/service server/capture server/model server/process server/contract",
  "server/serve/http":
    "server/serve/openapi server/serve/tracing server/serve/service server/capture server/protocol server/model server/tensors server/process server/contract",
  "server/serve/grpc":
    "server/serve/tracing server/serve/service server/protocol server/tensors server/process",
  "server/serve/openapi": "server/serve/service server/protocol server/model server/tensors",
  "server/serve/tracing": "server/model server/process",
  "server/serve/service": "server/capture server/model server/process server/contract",
  "server/enrich": "server/model server/database server/process server/contract",
  "server/export": "server/database",
  "server/fetch": "server/process server/contract",
  "server/capture": "server/model server/tensors server/database server/process server/contract",
  "server/protocol": "server/model server/tensors server/process",
  "server/model": "server/tensors server/process server/contract",
  "server/tensors": "server/process",
  "server/database": "server/contract",
  "server/process": "server/contract",
  "server/contract": "",

  model: "",
  benchmarks: "",
};

/** Arrows that are still to be turned around; none may be added. */
const pending: [from: string, to: string][] = [];

/** Rooms whose values come from their input alone. */
const pure = "state diagnosis benchmark rollout enrichment plan status resources".split(" ");

/** What pure rooms may import beside types: functions without effects. */
const pureModules = ["croner", "node:util", "valibot"];

/** The lines of docs/ARCHITECTURE.md before and after the table. */
const between = /(<!-- rooms: .*-->\n<!-- prettier-ignore -->\n)[^]*?(\n\n<!-- end of rooms -->)/;

const mostFiles = 20;

const test = suite("The architecture", 30_000);
const imports = importsOf(sources());
const isPending = ([from, to]: [string, string]) =>
  pending.some(([one, other]) => one === from && other === to);

test("has a room for every file", () => {
  const homeless = sources().filter((file) => !(roomOf(file) in rooms));
  assert.equal(homeless, []);
});

test("has the arrows between rooms that the table says, and no others", () => {
  const found = arrows(imports).filter((arrow) => !isPending(arrow));
  const listed = Object.entries(rooms).flatMap(([from, to]) =>
    to.split(" ").flatMap((name) => (name === "" ? [] : [[from, name] as [string, string]])),
  );
  const words = (list: [string, string][]) => list.map((pair) => pair.join(" -> "));
  const [is, told] = [new Set(words(found)), new Set(words(listed))];
  assert.equal([...is.difference(told)], [], "these arrows are not in the table");
  assert.equal([...told.difference(is)], [], "the table has arrows that nothing needs any more");
});

test("has each arrow that is still to be turned around", () => {
  const found = arrows(imports).filter(isPending);
  assert.equal(found.map(String).sort(), pending.map(String).sort());
});

test("has arrows that lead down only", () => {
  const floors = Object.keys(rooms);
  const upwards = Object.entries(rooms).flatMap(([from, to]) =>
    to.split(" ").filter((name) => {
      const room = floors.find((floor) => floor === name || floor.startsWith(`${name}/`));
      return name !== "" && floors.indexOf(room ?? "") <= floors.indexOf(from);
    }),
  );
  assert.equal(upwards, []);
});

test("has no circle of files", () => {
  const others = imports.filter(({ from, to }) => !isPending(arrow({ from, to })));
  assert.equal(circle(others), []);
});

test("lets nothing import from test/", () => {
  const fromOutside = imports.filter(({ from, to }) => !isTest(from) && isTest(to));
  assert.equal(fromOutside, []);
});

test(`has no folder with more than ${mostFiles} files`, () => {
  const files = globSync("{benchmarks,charts,crds,docs,model,operator,server,test,tools}/**/*", {
    exclude: ["**/node_modules/**", "**/__pycache__/**", "**/.venv/**"],
    withFileTypes: true,
  }).filter((entry) => entry.isFile());
  const counts = Map.groupBy(files, ({ parentPath }) =>
    parentPath.replace(`${process.cwd()}/`, ""),
  );
  const full = [...counts].filter(([, entries]) => entries.length > mostFiles);
  assert.equal(
    full.map(([folder]) => folder),
    [],
  );
});

test("gives pure rooms nothing from packages but types and functions without effects", () => {
  const files = globSync(`operator/src/{${pure.join()}}/**/*.ts`);
  assert.ok(files.length > 30, `only ${files.length} files`);
  const effects = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/^import (?!type\b)[^"]*"([^."][^"]*)";/gm)]
      .filter(([, module = ""]) => !pureModules.includes(module))
      .map(([line]) => `${file}: ${line}`),
  );
  assert.equal(effects, []);
});

test("is described by docs/ARCHITECTURE.md", () => {
  const path = "docs/ARCHITECTURE.md";
  const document = readFileSync(path, "utf8");
  const current = document.replace(between, `$1${table()}$2`);
  if (process.env["UPDATE_GOLDENS"] === "1") return writeFileSync(path, current);
  assert.ok(
    document === current,
    "its table is out of date; run: node tools/test.ts --update-goldens test/architecture.test.ts",
  );
});

/** The table as Markdown. */
function table(): string {
  const lines = Object.entries(rooms).map(
    ([room, to]) => `| \`${room}\` | ${to === "" ? "nothing" : to.replaceAll(" ", ", ")} |`,
  );
  return ["| Room | imports from |", "| ---- | ------------ |", ...lines].join("\n");
}

/** The arrows between rooms, each once. */
function arrows(all: Import[]): [from: string, to: string][] {
  const between = all.map(arrow).filter(([from, to]) => from !== to);
  return [...new Map(between.map((pair) => [pair.join(" "), pair])).values()];
}

/** The rooms of an import; another program is one room, but for what it offers to others. */
function arrow({ from, to }: Import): [from: string, to: string] {
  const [room, other] = [roomOf(from), roomOf(to)];
  const program = to.split("/")[0] as string;
  const isOutside = !from.startsWith(`${program}/`);
  return [room, isOutside && !isShared(room, other) ? program : other];
}

/** What the operator imports from the server is told exactly. */
const isShared = (from: string, to: string) =>
  from.startsWith("operator/") && to.startsWith("server/");

const isTest = (file: string) => file.startsWith("test/");

/** The longest name of a room that a file's folder begins with. */
function roomOf(file: string): string {
  const folder = dirname(file).replace("/src", "");
  const fits = Object.keys(rooms).filter((room) => `${folder}/`.startsWith(`${room}/`));
  const [room] = fits.sort((one, other) => other.length - one.length);
  if (room !== undefined && room !== "tools") return room;
  return ["operator", "tools"].includes(folder) ? `${folder}/main` : folder;
}

test.run();
