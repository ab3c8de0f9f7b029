const metadataField = 14;
const lengthDelimited = 2;

/** Reads the `metadata_props` of an ONNX file, and nothing else of it. */
export function readMetadata(model: Uint8Array): Record<string, string> {
  const pairs = fields(model)
    .filter(({ field }) => field === metadataField)
    .map(({ content }) => {
      const [key, value] = fields(content).map((part) => new TextDecoder().decode(part.content));
      return [key ?? "", value ?? ""];
    });
  return Object.fromEntries(pairs) as Record<string, string>;
}

interface Part {
  field: number;
  content: Uint8Array;
}

/** The length-delimited fields of a message; numbers are skipped. */
function fields(message: Uint8Array): Part[] {
  const parts: Part[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("The ONNX file ends too early");
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const size = varint();
    if ((tag & 7) !== lengthDelimited) continue;
    parts.push({ field: Math.floor(tag / 8), content: message.subarray(at, at + size) });
    at += size;
  }
  return parts;
}
