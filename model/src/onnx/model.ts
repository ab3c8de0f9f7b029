/** The messages of ONNX that this project writes; field numbers from onnx.proto3 (IR version 9). */
import {
  blob,
  concat,
  float,
  floatBytes,
  floats,
  integer,
  integers,
  message,
  text,
} from "./protobuf.ts";
import type { Field } from "./protobuf.ts";

/** Element types of ONNX tensors. */
export const elementType = { float: 1, int64: 7, string: 8 } as const;

/** The value of a node's attribute; the kind says which of ONNX's attribute types it becomes. */
export type Attribute =
  | { int: number }
  | { float: number }
  | { string: string }
  | { ints: ArrayLike<number> }
  | { floats: ArrayLike<number> }
  | { strings: string[] };

/** One operator of the graph. */
export interface Node {
  operator: string;
  /** Operator set; the standard one unless said. */
  domain?: "ai.onnx.ml" | "com.microsoft";
  inputs: string[];
  outputs: string[];
  attributes?: Record<string, Attribute>;
}

/** A constant tensor. */
export interface Constant {
  name: string;
  shape: number[];
  values: { floats: ArrayLike<number> } | { ints: ArrayLike<number> } | { strings: string[] };
}

/** An input or output; a dimension that is a string is free and called so. */
export interface Value {
  name: string;
  type: keyof typeof elementType;
  shape: (number | string)[];
}

/** A whole ONNX file. */
export interface Model {
  name: string;
  nodes: Node[];
  constants: Constant[];
  inputs: Value[];
  outputs: Value[];
  /** Versions of the operator sets in use; the standard one has the empty name. */
  operatorSets: Record<string, number>;
  metadata: Record<string, string>;
}

/** Encodes a model; the same model gives the same bytes. */
export function encode(model: Model): Uint8Array {
  const graph = [
    ...model.nodes.map((node, index) => message(1, encodeNode(node, index))),
    text(2, model.name),
    ...model.constants.map((constant) => message(5, encodeConstant(constant))),
    ...model.inputs.map((value) => message(11, encodeValue(value))),
    ...model.outputs.map((value) => message(12, encodeValue(value))),
  ];
  return concat([
    integer(1, 9),
    text(2, "intendant"),
    message(7, graph),
    ...Object.entries(model.operatorSets).map(([domain, version]) =>
      message(8, [text(1, domain), integer(2, version)]),
    ),
    ...Object.entries(model.metadata).map(([key, value]) =>
      message(14, [text(1, key), text(2, value)]),
    ),
  ]);
}

function encodeNode(node: Node, index: number): Field[] {
  return [
    ...node.inputs.map((name) => text(1, name)),
    ...node.outputs.map((name) => text(2, name)),
    text(3, `${node.operator}-${index}`),
    text(4, node.operator),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) =>
      message(5, [text(1, name), ...encodeAttribute(value)]),
    ),
    ...(node.domain ? [text(7, node.domain)] : []),
  ];
}

function encodeAttribute(value: Attribute): Field[] {
  if ("int" in value) return [integer(3, value.int), integer(20, 2)];
  if ("float" in value) return [float(2, value.float), integer(20, 1)];
  if ("string" in value) return [text(4, value.string), integer(20, 3)];
  if ("ints" in value) return [integers(8, value.ints), integer(20, 7)];
  if ("floats" in value) return [floats(7, value.floats), integer(20, 6)];
  return [...value.strings.map((item) => text(9, item)), integer(20, 8)];
}

function encodeConstant({ name, shape, values }: Constant): Field[] {
  return [integers(1, shape), ...encodeContent(values), text(8, name)];
}

function encodeContent(values: Constant["values"]): Field[] {
  if ("floats" in values)
    return [integer(2, elementType.float), blob(9, floatBytes(values.floats))];
  if ("ints" in values) return [integer(2, elementType.int64), integers(7, values.ints)];
  return [integer(2, elementType.string), ...values.strings.map((value) => text(6, value))];
}

function encodeValue({ name, type, shape }: Value): Field[] {
  const dimensions = shape.map((size) =>
    message(1, [typeof size === "string" ? text(2, size) : integer(1, size)]),
  );
  const tensor = [integer(1, elementType[type]), message(2, dimensions)];
  return [text(1, name), message(2, [message(1, tensor)])];
}
