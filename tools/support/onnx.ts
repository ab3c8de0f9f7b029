/**
 * Writes small ONNX files for tests.
 *
 * The field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
import { blob, float, integer, message, text, type Field } from "../../model/src/onnx/protobuf.ts";

/** A model to write: its graph and what its file says about itself. */
export interface Graph {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  /** Constant tensors by name. */
  constants?: Record<string, Constant>;
  /** The file's `metadata_props`. */
  metadata?: Record<string, string>;
  /** Version of the file format, 8 unless said. */
  ir?: number;
  /** Version of the standard operators, 17 unless said. */
  opset?: number;
}

/** An input or output; a dimension with a name is free. Without a type it is no tensor. */
export interface Value {
  name: string;
  type?: ElementType;
  shape: (number | string)[];
}

/** One operator; `ai.onnx.ml` is the domain of the classical models, others do not exist. */
export interface Node {
  operator: string;
  domain?: string;
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, Attribute>;
}

/** An attribute: an integer, a float, or a list of integers, floats or strings. */
export type Attribute =
  | { int: number }
  | { float: number }
  | { ints: number[] }
  | { floats: number[] }
  | { strings: string[] };

/** A constant tensor of 32 bit floats or 64 bit integers. */
export interface Constant {
  shape: number[];
  data: Float32Array | BigInt64Array;
}

/** Element types by their number in ONNX. */
export const elementTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
};

/** Name of an element type in ONNX. */
export type ElementType = keyof typeof elementTypes;

/** The bytes of an ONNX file. */
export function onnx(model: Graph): Buffer {
  const { inputs, outputs, nodes, constants = {}, metadata = {}, ir = 8, opset = 17 } = model;
  const graph = [
    ...nodes.map((one) => message(1, node(one))),
    text(2, "test"),
    ...Object.entries(constants).map(([name, value]) => message(5, constant(name, value))),
    ...inputs.map((value) => message(11, valueInfo(value))),
    ...outputs.map((value) => message(12, valueInfo(value))),
  ];
  return Buffer.concat([
    integer(1, ir),
    text(2, "intendant-test"),
    message(7, graph),
    message(8, [text(1, ""), integer(2, opset)]),
    message(8, [text(1, "ai.onnx.ml"), integer(2, 3)]),
    ...Object.entries(metadata).map(([key, value]) => message(14, [text(1, key), text(2, value)])),
  ]);
}

function node({ operator, domain, inputs, outputs, attributes = {} }: Node): Field[] {
  return [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))),
    ...(domain ? [text(7, domain)] : []),
  ];
}

function attribute(name: string, value: Attribute): Field[] {
  if ("int" in value) return [text(1, name), integer(3, value.int), integer(20, 2)];
  if ("float" in value) return [text(1, name), float(2, value.float), integer(20, 1)];
  if ("ints" in value)
    return [text(1, name), ...value.ints.map((item) => integer(8, item)), integer(20, 7)];
  if ("floats" in value)
    return [text(1, name), ...value.floats.map((item) => float(7, item)), integer(20, 6)];
  return [text(1, name), ...value.strings.map((item) => text(9, item)), integer(20, 8)];
}

function constant(name: string, { shape, data }: Constant): Field[] {
  return [
    ...shape.map((size) => integer(1, size)),
    integer(2, data instanceof Float32Array ? elementTypes.float : elementTypes.int64),
    text(8, name),
    blob(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

function valueInfo({ name, type, shape }: Value): Field[] {
  const dimension = (size: number | string) =>
    message(1, [typeof size === "number" ? integer(1, size) : text(2, size)]);
  const tensor = (element: ElementType) =>
    message(1, [integer(1, elementTypes[element]), message(2, shape.map(dimension))]);
  return [text(1, name), message(2, [type ? tensor(type) : listOfMaps()])];
}

/** The type of ZipMap's output: a sequence of maps from string to float. */
function listOfMaps(): Field {
  const scalar = message(1, [integer(1, elementTypes.float)]);
  const map = message(5, [integer(1, elementTypes.string), message(2, [scalar])]);
  return message(4, [message(1, [map])]);
}
