import { got, optional, required, type Case } from "../case.ts";
import { expect } from "../expect.ts";
import { modelPath, refusal, send, success, type Target } from "../target.ts";

/** What the protocol calls its element types. */
const datatypes = new Set(
  "BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 FP32 FP64 BYTES".split(" "),
);

const unversioned = ({ metadata }: Target) =>
  metadata.versions?.length ? undefined : "the model has no versions";

const version = ({ metadata }: Target) => metadata.versions?.[0] as string;

/** What server and model say about themselves. */
export const metadata: Case[] = [
  required("GET /v2 says name, version and extensions", ({ url }) => describesServer(`${url}/v2`)),
  optional("GET /v2/ says the same", ({ url }) => describesServer(`${url}/v2/`)),
  required("GET /v2/models/{model} says name and platform", async (target) => {
    const { name, platform } = await got(modelPath(target));
    expect(name === target.metadata.name, target.metadata.name, name);
    expect(typeof platform === "string", "a text as the platform", platform);
  }),
  required("inputs and outputs have name, datatype and shape", async (target) => {
    const { inputs, outputs } = await got(modelPath(target));
    checkSpecs("inputs", inputs);
    checkSpecs("outputs", outputs);
  }),
  {
    level: "required",
    title: "GET /v2/models/{model}/versions/{version} describes the same model",
    exempt: unversioned,
    check: async (target) => {
      const { name } = await got(modelPath(target, version(target)));
      expect(name === target.metadata.name, target.metadata.name, name);
    },
  },
  {
    level: "required",
    title: "GET /v2/models/{model}/versions/{version}/ready answers 200",
    exempt: unversioned,
    check: async (target) => success(await send(`${modelPath(target, version(target))}/ready`)),
  },
  {
    level: "required",
    title: "an unknown version is refused",
    exempt: unversioned,
    check: async (target) => refusal(await send(modelPath(target, "no-such-version"))),
  },
];

async function describesServer(url: string): Promise<void> {
  const { extensions, ...server } = await got(url);
  expect(typeof server["name"] === "string", "a text as the name", server["name"]);
  expect(typeof server["version"] === "string", "a text as the version", server["version"]);
  const isList = Array.isArray(extensions) && extensions.every((item) => typeof item === "string");
  expect(isList, "an array of texts as the extensions", extensions);
}

function checkSpecs(what: string, specs: unknown): void {
  expect(Array.isArray(specs), `an array of ${what}`, specs);
  for (const spec of specs as Record<string, unknown>[]) {
    const { name, datatype, shape } = spec;
    expect(typeof name === "string", `a name of each of the ${what}`, spec);
    expect(datatypes.has(String(datatype)), "a datatype of the protocol", datatype);
    const isShape = Array.isArray(shape) && shape.every((size) => Number(size) >= -1);
    expect(isShape, `a shape of "${name}", with -1 for what is free`, shape);
  }
}
