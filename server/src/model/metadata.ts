/** What an ONNX file says about itself, which onnxruntime-node has no function for. */
export interface Metadata {
  /** Its `metadata_props`. */
  props: Map<string, string>;
  /** Version of the standard operators that it uses; undefined when it uses none of them. */
  opset: number | undefined;
}

/**
 * Reads what an ONNX file says about itself.
 *
 * Walks over the file's outermost message only, so the size of the graph does not matter. Field
 * numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; the encoding is
 * described at https://protobuf.dev/programming-guides/encoding.
 *
 * @throws when the bytes are no protobuf message
 */
export function metadata(file: Uint8Array): Metadata {
  const props = new Map<string, string>();
  let opset: number | undefined;
  for (const [field, content] of fields(file)) {
    if (typeof content === "number" || (field !== 14 && field !== 8)) continue;
    const entry = new Map(fields(content));
    if (field === 14) props.set(text(entry.get(1)), text(entry.get(2)));
    else if (standard.includes(text(entry.get(1)))) opset = Number(entry.get(2));
  }
  return { props, opset };
}

/** Domain of the standard operators, in its two spellings. */
const standard = ["", "ai.onnx"];

type Content = Uint8Array | number;

const text = (content: Content = 0) =>
  typeof content === "number" ? "" : Buffer.from(content).toString("utf8");

/** The fields of a message: bytes (text, other messages) and whole numbers; others are skipped. */
function* fields(message: Uint8Array): Generator<[number: number, content: Content]> {
  let position = 0;

  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[position++];
      if (byte === undefined || factor > 2 ** 63) throw notProtobuf();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };

  while (position < message.length) {
    const tag = varint();
    const type = tag % 8;
    const size = type === lengthDelimited ? varint() : fixedSizes[type];
    if (size === undefined || position + size > message.length) throw notProtobuf();
    if (type === lengthDelimited) {
      yield [Math.floor(tag / 8), message.subarray(position, position + size)];
    }
    if (type === 0) yield [Math.floor(tag / 8), varint()];
    position += size;
  }
}

const lengthDelimited = 2;

/** Bytes after a tag by its type; a type 0 is followed by a varint alone. */
const fixedSizes: Record<number, number> = { 0: 0, 1: 8, 5: 4 };

const notProtobuf = () =>
  new Error(
    "the file is truncated or not an ONNX file; put the whole file there, as it was exported",
  );
