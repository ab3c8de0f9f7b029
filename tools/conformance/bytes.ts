import { Unexpected } from "./expect.ts";
import type { JsonInput } from "./inputs.ts";

/** How one element is written and read, and how many bytes it has. */
interface Layout {
  size: number;
  write: (view: DataView, value: never) => void;
  read: (view: DataView) => unknown;
}

const big = (value: number | bigint) => BigInt(value);

// Written apart from the server's code, which would have the same errors on both sides.
const layouts: Record<string, Layout> = {
  BOOL: {
    size: 1,
    write: (view, value: boolean) => view.setUint8(0, value ? 1 : 0),
    read: (view) => view.getUint8(0) === 1,
  },
  UINT8: {
    size: 1,
    write: (view, value) => view.setUint8(0, value),
    read: (view) => view.getUint8(0),
  },
  INT8: {
    size: 1,
    write: (view, value) => view.setInt8(0, value),
    read: (view) => view.getInt8(0),
  },
  UINT16: {
    size: 2,
    write: (view, value) => view.setUint16(0, value, true),
    read: (view) => view.getUint16(0, true),
  },
  INT16: {
    size: 2,
    write: (view, value) => view.setInt16(0, value, true),
    read: (view) => view.getInt16(0, true),
  },
  UINT32: {
    size: 4,
    write: (view, value) => view.setUint32(0, value, true),
    read: (view) => view.getUint32(0, true),
  },
  INT32: {
    size: 4,
    write: (view, value) => view.setInt32(0, value, true),
    read: (view) => view.getInt32(0, true),
  },
  UINT64: {
    size: 8,
    write: (view, value) => view.setBigUint64(0, big(value), true),
    read: (view) => Number(view.getBigUint64(0, true)),
  },
  INT64: {
    size: 8,
    write: (view, value) => view.setBigInt64(0, big(value), true),
    read: (view) => Number(view.getBigInt64(0, true)),
  },
  FP16: {
    size: 2,
    write: (view, value) => view.setFloat16(0, value, true),
    read: (view) => view.getFloat16(0, true),
  },
  FP32: {
    size: 4,
    write: (view, value) => view.setFloat32(0, value, true),
    read: (view) => view.getFloat32(0, true),
  },
  FP64: {
    size: 8,
    write: (view, value) => view.setFloat64(0, value, true),
    read: (view) => view.getFloat64(0, true),
  },
};

/** The values of an input as a binary tensor. */
export function encoded({ datatype, data }: JsonInput): Buffer {
  if (datatype === "BYTES") return Buffer.concat((data as string[]).flatMap(encodedText));
  const { size, write } = layout(datatype);
  const bytes = Buffer.alloc(size * data.length);
  for (const [index, value] of data.entries()) {
    write(new DataView(bytes.buffer, bytes.byteOffset + index * size, size), value as never);
  }
  return bytes;
}

function encodedText(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return [length, bytes];
}

/** The values of a binary tensor. */
export function decoded(datatype: string, bytes: Buffer): unknown[] {
  if (datatype === "BYTES") return decodedTexts(bytes);
  const { size, read } = layout(datatype);
  if (bytes.length % size !== 0) {
    throw new Unexpected(`a multiple of ${size} bytes of ${datatype}`, String(bytes.length));
  }
  return Array.from({ length: bytes.length / size }, (_, index) =>
    read(new DataView(bytes.buffer, bytes.byteOffset + index * size, size)),
  );
}

function decodedTexts(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + 4 <= bytes.length ? start + 4 + bytes.readUInt32LE(start) : Infinity;
    if (end > bytes.length) throw new Unexpected("whole elements of BYTES", "one that is cut off");
    texts.push(bytes.toString("utf8", start + 4, end));
    start = end;
  }
  return texts;
}

function layout(datatype: string): Layout {
  const found = layouts[datatype];
  if (!found) throw new Unexpected("a datatype of the protocol", datatype);
  return found;
}
