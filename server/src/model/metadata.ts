/**
 * The `metadata_props` of an ONNX file, which onnxruntime-node has no function for.
 *
 * Walks over the file's outermost message only, so the size of the graph does not matter. Field
 * numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; the encoding is
 * described at https://protobuf.dev/programming-guides/encoding.
 *
 * @throws when the bytes are no protobuf message
 */
export function metadataProps(file: Uint8Array): Map<string, string> {
  const props = new Map<string, string>();
  for (const [field, content] of fields(file)) {
    if (field !== 14) continue;
    const entry = new Map(fields(content));
    props.set(text(entry.get(1)), text(entry.get(2)));
  }
  return props;
}

const text = (bytes: Uint8Array = new Uint8Array()) => Buffer.from(bytes).toString("utf8");

/** The fields of a message that hold bytes: text, other messages. Numbers are skipped. */
function* fields(message: Uint8Array): Generator<[number: number, content: Uint8Array]> {
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
    if (type === 0) varint();
    position += size;
  }
}

const lengthDelimited = 2;

/** Bytes after a tag by its type; a type 0 is followed by a varint alone. */
const fixedSizes: Record<number, number> = { 0: 0, 1: 8, 5: 4 };

const notProtobuf = () => new Error("the file is cut off, or no ONNX file");
