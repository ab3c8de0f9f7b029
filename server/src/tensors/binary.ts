import { isUtf8 } from "node:buffer";
import { InvalidInput } from "../process/errors.ts";
import { describe } from "../process/json.ts";
import { kinds, type NumberArray, type TensorData } from "./datatypes.ts";
import { elementCount, showShape, wrongCount } from "./shape.ts";
import type { Tensor, TensorSpec } from "./tensors.ts";

/**
 * An input's tensor from its elements in little-endian byte order, one after another: BOOL as a
 * byte 0 or 1, BYTES as the length in four bytes and the text in UTF-8. Numbers that are aligned
 * are not copied; the buffer must not change afterwards.
 *
 * @throws InvalidInput when the bytes do not make up the shape, or the model cannot take them
 */
export function fromBytes(spec: TensorSpec, shape: number[], bytes: Buffer): Tensor {
  const { datatype } = spec;
  const { array } = kinds[datatype];
  if (!array) return { datatype, shape, data: texts(spec, shape, bytes) };
  const needed = elementCount(shape) * array.BYTES_PER_ELEMENT;
  if (bytes.length !== needed) {
    throw new InvalidInput(
      `Input "${spec.name}" has ${bytes.length} bytes; its shape ${showShape(shape)} needs ${needed} of ${datatype}`,
    );
  }
  if (datatype === "BOOL") checkTruth(spec, bytes);
  return { datatype, shape, data: numbers(array, bytes) };
}

/** All machines that ONNX Runtime is made for are little-endian. */
function numbers(array: NumberArray, bytes: Buffer): TensorData {
  const size = array.BYTES_PER_ELEMENT;
  const isAligned = bytes.byteOffset % size === 0;
  const { buffer, byteOffset } = isAligned ? bytes : new Uint8Array(bytes);
  return new array(buffer, byteOffset, bytes.length / size);
}

function checkTruth({ name }: TensorSpec, bytes: Buffer): void {
  const wrong = bytes.findIndex((byte) => byte > 1);
  if (wrong === -1) return;
  throw new InvalidInput(
    `Input "${name}": element ${wrong} is the byte ${bytes[wrong]}; BOOL takes 0 and 1`,
  );
}

function texts(spec: TensorSpec, shape: number[], bytes: Buffer): string[] {
  const input = `Input "${spec.name}"`;
  const expected = elementCount(shape);
  const found: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const left = bytes.length - start - 4;
    if (found.length === expected) {
      throw new InvalidInput(`${input} has ${left + 4} bytes after the last of its elements`);
    }
    const length = left < 0 ? Infinity : bytes.readUInt32LE(start);
    if (length > left) {
      throw new InvalidInput(
        `${input}: element ${found.length} is cut off; write its length in four bytes, little-endian, and then its bytes`,
      );
    }
    const end = start + 4 + length;
    const text = bytes.toString("utf8", end - length, end);
    const raw = () => bytes.subarray(end - length, end);
    checkText(spec, found.length, text, raw);
    found.push(text);
    start = end;
  }
  if (found.length !== expected) throw wrongCount(spec, shape, found.length);
  return found;
}

function checkText({ name }: TensorSpec, index: number, text: string, bytes: () => Buffer): void {
  // What is not UTF-8 leaves replacement characters, and most texts have none.
  if (text.includes("\ufffd") && !isUtf8(bytes())) {
    // ONNX Runtime gets its texts from JavaScript, which could not keep other bytes.
    throw new InvalidInput(
      `Input "${name}": element ${index} is not UTF-8; only text can be served`,
    );
  }
  if (text.includes("\0")) {
    throw new InvalidInput(
      `Input "${name}": element ${index} is ${describe(text)}; BYTES takes ${kinds.BYTES.takes}`,
    );
  }
}

/** The counterpart of fromBytes; numbers are not copied. */
export function toBytes({ data }: Tensor): Buffer {
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const lengths = data.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((all, length) => all + length, 4 * data.length));
  let position = 0;
  for (const [index, text] of data.entries()) {
    position = bytes.writeUInt32LE(lengths[index] as number, position);
    position += bytes.write(text, position, "utf8");
  }
  return bytes;
}
