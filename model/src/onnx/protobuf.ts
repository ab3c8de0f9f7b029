/**
 * Just enough of the Protocol Buffers wire format to write an ONNX file.
 * https://protobuf.dev/programming-guides/encoding/
 */

/** One encoded field: tag and value. */
export type Field = Uint8Array;

/** A whole number: int32, int64 or an enum. */
export function integer(field: number, value: number | bigint): Field {
  return bytes([...varint(field << 3), ...varint(value)]);
}

/** A 32-bit float. */
export function float(field: number, value: number): Field {
  return concat([bytes(varint((field << 3) | 5)), floatBytes([value])]);
}

/** A string in UTF-8. */
export function text(field: number, value: string): Field {
  return delimited(field, new TextEncoder().encode(value));
}

/** A nested message made of its fields. */
export function message(field: number, fields: Field[]): Field {
  return delimited(field, concat(fields));
}

/** Raw bytes. */
export function blob(field: number, value: Uint8Array): Field {
  return delimited(field, value);
}

/** Many whole numbers in the packed form. */
export function integers(field: number, values: ArrayLike<number | bigint>): Field {
  return delimited(field, bytes(Array.from(values, (value) => varint(value)).flat()));
}

/** Many 32-bit floats in the packed form. */
export function floats(field: number, values: ArrayLike<number>): Field {
  return delimited(field, floatBytes(values));
}

/** Joins fields into one message body. */
export function concat(fields: Field[]): Uint8Array {
  return new Uint8Array(Buffer.concat(fields));
}

/** Floats as little-endian bytes, whatever the machine's own order. */
export function floatBytes(values: ArrayLike<number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] as number, true);
  return new Uint8Array(view.buffer);
}

function delimited(field: number, value: Uint8Array): Field {
  return concat([bytes([...varint((field << 3) | 2), ...varint(value.length)]), value]);
}

function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const groups: number[] = [];
  while (rest > 0x7fn) {
    groups.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...groups, Number(rest)];
}

function bytes(values: number[]): Uint8Array {
  return Uint8Array.from(values);
}
