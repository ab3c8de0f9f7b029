import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as assert from "uvu/assert";
import { ask, post } from "../support/ask.ts";
import { withServer } from "../../tools/support/model-server.ts";
import { suite } from "../support/suite.ts";
import { environment } from "../../tools/support/python.ts";
import { withServed } from "./served.ts";
import { session, type Session } from "./session.ts";

/** What an input of a model is given: values between two numbers. */
interface Given {
  datatype: string;
  shape: number[];
  least: number;
  most: number;
}

/** A model that somebody else made, in a package that the environment has. */
interface ForeignModel {
  title: string;
  /** Where its file is among the packages. */
  file: string;
  /** Inputs of several sizes, where it takes several. */
  inputs: Record<string, Given>[];
}

const fp32 = (shape: number[], least: number, most: number) => ({
  datatype: "FP32",
  shape,
  least,
  most,
});
const int64 = (shape: number[], least: number, most: number) => ({
  datatype: "INT64",
  shape,
  least,
  most,
});
const scalar = (datatype: string, value: number) => ({
  datatype,
  shape: [],
  least: value,
  most: value,
});
const yes = (shape: number[]) => ({ datatype: "BOOL", shape, least: 1, most: 1 });

const ocr = "rapidocr_onnxruntime/models";
const romanizer = "arabic_name_romanizer/resources";
const traffic = "atspm_detector/weights";
const models: ForeignModel[] = [
  {
    title: "text in pictures, found (PP-OCR)",
    file: `${ocr}/ch_PP-OCRv4_det_infer.onnx`,
    inputs: [
      [1, 3, 64, 96],
      [2, 3, 32, 32],
    ].map((shape) => ({ x: fp32(shape, -1, 1) })),
  },
  {
    title: "text in pictures, turned (PP-OCR)",
    file: `${ocr}/ch_ppocr_mobile_v2.0_cls_infer.onnx`,
    inputs: [
      [1, 3, 48, 192],
      [3, 3, 48, 192],
    ].map((shape) => ({ x: fp32(shape, -1, 1) })),
  },
  {
    title: "text in pictures, read (PP-OCR)",
    file: `${ocr}/ch_PP-OCRv4_rec_infer.onnx`,
    inputs: [
      [1, 3, 48, 80],
      [2, 3, 48, 64],
    ].map((shape) => ({ x: fp32(shape, -1, 1) })),
  },
  {
    title: "speech in sound, with a state and a scalar (Silero VAD)",
    file: "silero_vad/data/silero_vad.onnx",
    inputs: [1, 3].map((rows) => ({
      input: fp32([rows, 576], -0.5, 0.5),
      state: fp32([2, rows, 128], -1, 1),
      sr: scalar("INT64", 16000),
    })),
  },
  {
    title: "speech in sound, a whole sequence (Silero VAD)",
    file: "silero_vad/data/silero_vad_16k_sequence.onnx",
    inputs: [1, 4].map((length) => ({
      input: fp32([length, 576], -0.5, 0.5),
      h: fp32([1, 1, 128], -1, 1),
      c: fp32([1, 1, 128], -1, 1),
    })),
  },
  {
    title: "pitch of sound, of any length (SwiftF0)",
    file: "swift_f0/model.onnx",
    inputs: [4096, 7000].map((samples) => ({
      audio: fp32([1, samples], -0.5, 0.5),
      fmin: scalar("FP32", 60),
      fmax: scalar("FP32", 1200),
    })),
  },
  {
    title: "type of a file (Magika)",
    file: "magika/models/standard_v3_3/model.onnx",
    inputs: [1, 8].map((rows) => ({
      bytes: { datatype: "INT32", shape: [rows, 2048], least: 0, most: 256 },
    })),
  },
  {
    title: "Arabic vowels, two outputs (text2tashkeel)",
    file: "text2tashkeel/models/rawi_v3.int8.onnx",
    inputs: [
      [1, 20],
      [2, 7],
    ].map((shape) => ({ input: int64(shape, 1, 40) })),
  },
  {
    title: "Arabic vowels, quantised LSTM (text2tashkeel)",
    file: "text2tashkeel/models/bilstm.int8.onnx",
    inputs: [
      [1, 20],
      [2, 7],
    ].map((shape) => ({ input_ids: int64(shape, 1, 40) })),
  },
  {
    title: "Arabic names, encoded, with BOOL on both sides",
    file: `${romanizer}/encoder.onnx`,
    inputs: [
      [1, 6],
      [2, 9],
    ].map((shape) => ({ src: int64(shape, 1, 40), src_mask: yes(shape) })),
  },
  {
    title: "Arabic names, decoded, with four inputs",
    file: `${romanizer}/decoder.onnx`,
    inputs: [
      [1, 6],
      [2, 9],
    ].map(([rows = 1, length = 1]) => ({
      prefix: int64([rows, 3], 1, 20),
      memory: fp32([rows, length, 256], -1, 1),
      src_mask: yes([rows, length]),
      hidden: fp32([rows, 2, 256], -1, 1),
    })),
  },
  {
    title: "Russian word parts, with FP16 as output (slovorez)",
    file: "slovorez/models/slovorez-test/slovorez-test.onnx",
    inputs: [
      [1, 20],
      [3, 20],
    ].map((shape) => ({
      input_layer: { datatype: "INT32", shape, least: 0, most: 20 },
    })),
  },
  {
    title: "traffic detectors, LightGBM trees in FP64",
    file: `${traffic}/function/function229_s0.onnx`,
    inputs: [1, 16].map((rows) => ({
      X: { datatype: "FP64", shape: [rows, 229], least: -2, most: 2 },
    })),
  },
  {
    title: "traffic detectors, sets of any size",
    file: `${traffic}/funcnet/x100_w32full_head.onnx`,
    inputs: [
      [1, 4],
      [3, 2],
    ].map(([rows = 1, size = 1]) => ({
      logit: fp32([rows, size], -2, 2),
      Z: fp32([rows, size, 128], -1, 1),
      act: fp32([rows], 0, 1),
    })),
  },
  {
    title: "fixed sizes (sigmoid)",
    file: "onnxruntime/datasets/sigmoid.onnx",
    inputs: [{ x: fp32([3, 4, 5], -4, 4) }],
  },
];

const test = suite<{ python: Session; packages: string }>("models of others", 120_000);

test.before(async (context) => {
  context.packages = (await environment()).packages;
  context.python = await session("models");
});

test.after(({ python }) => python.end());

for (const { title, file, inputs } of models) {
  test(`answers as onnxruntime for Python: ${title}`, async ({ python, packages }) => {
    const path = join(packages, file);
    await withServed(path, async ({ url }) => {
      const described = (await ask(`${url}/v2/models/test`)).body as Specs;
      const expected = (await python.call("describe", path)) as Specs;
      assert.equal({ inputs: described.inputs, outputs: described.outputs }, expected);
      for (const [seed, given] of inputs.entries()) {
        const difference = await python.call("compare", path, url, given, seed);
        checkDifference(difference as Difference);
      }
      await checkExample(url);
    });
  });
}

test("answers as onnxruntime for Python: the models of ONNX's own tests", async ({ python }) => {
  const files = (await python.call("library")) as string[];
  assert.ok(files.length > 90, `${files.length} models were found`);
  for (const file of files) {
    await withServer(readFileSync(file), async ({ url }) => {
      const difference = await python.call("compare_recorded", file, url);
      checkDifference(difference as Difference, file);
    });
  }
});

test("leaves out of a scikit-learn model what is no tensor, and says what to do", async ({
  packages,
}) => {
  await withServed(join(packages, "onnxruntime/datasets/logreg_iris.onnx"), async (server) => {
    const { body } = await ask(`${server.url}/v2/models/test`);
    assert.equal((body as Specs).outputs, [{ name: "label", datatype: "INT64", shape: [3] }]);
    const line = await server.logged("zipmap=False");
    assert.equal(line["outputs"], ["probabilities"]);

    const input = { name: "float_input", datatype: "FP32", shape: [3, 2] };
    const inputs = [{ ...input, data: [5.1, 3.5, 6.2, 2.2, 7.7, 3.8] }];
    const answer = await post(`${server.url}/v2/models/test/infer`, { inputs });
    const { outputs } = answer.body as { outputs: { name: string; data: unknown[] }[] };
    assert.equal(
      outputs.map(({ name, data }) => [name, data.length]),
      [["label", 3]],
    );

    const wanted = { inputs, outputs: [{ name: "probabilities" }] };
    const refusal = await post(`${server.url}/v2/models/test/infer`, wanted);
    assert.is(refusal.status, 400);
    assert.match(JSON.stringify(refusal.body), /probabilities.*zipmap=False/);
    await checkExample(server.url);
  });
});

test.run();

interface Specs {
  inputs: unknown[];
  outputs: unknown[];
}

/** The largest difference of the outputs by the way they came, and their shapes. */
interface Difference {
  json: number;
  binary: number;
  shapes: Record<string, number[]>;
}

function checkDifference({ json, binary, shapes }: Difference, file = ""): void {
  const seen = `${file}: JSON ${json}, binary ${binary}, ${JSON.stringify(shapes)}`;
  assert.ok(json <= 1e-5 && binary <= 1e-5, seen);
}

interface Document {
  paths: Record<string, { post?: { requestBody: { content: Content }; description?: string } }>;
}

type Content = Record<string, { example?: unknown }>;

/** Sends the example of the OpenAPI document and holds both to the document's schemas. */
async function checkExample(url: string): Promise<void> {
  const document = (await ask(`${url}/openapi.json`)).body as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, "document");
  const check = (schema: string, value: unknown) => {
    const fits = ajv.validate({ $ref: `document#/components/schemas/${schema}` }, value);
    assert.ok(fits, `${schema}: ${ajv.errorsText()}`);
  };
  const { post: infer } = document.paths["/v2/models/test/infer"] ?? {};
  const example = infer?.requestBody.content["application/json"]?.example;
  if (example === undefined) {
    // Where made-up numbers are no input, or too many to read, people are told.
    assert.match(String(infer?.description), "There is no example: ");
    return;
  }
  check("InferRequest", example);
  const { status, body } = await post(`${url}/v2/models/test/infer`, example);
  assert.is(status, 200, JSON.stringify(body));
  check("InferResponse", body);
}
