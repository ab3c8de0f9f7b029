/**
 * What ONNX Runtime says, in one line and without where in its own source it says so. Where it
 * refuses a model for what its author can change, the line says what to change.
 */
export function reason(error: unknown): string {
  const message = (error as Error).message;
  const status = message.split("Status Message: ").at(-1) ?? message;
  const line = (status.split("\n")[0] ?? status).replace(place, "");
  const known = sentences.find(([words]) => words.test(line));
  return known ? line.replace(...known) : line;
}

/** A source file with its line, and the signature of the function in it. */
const place = /^\/\S+:\d+ (?:[^()]*onnxruntime::[^()]*\([^()]*\) )?/;

/** ONNX Runtime's words, and ours. */
const sentences: [words: RegExp, sentence: string][] = [
  [
    /^.*Unsupported model IR version: (\d+), max supported IR version: (\d+).*$/,
    "its IR version is $1, and ONNX Runtime reads up to $2; save it with ir_version $2",
  ],
  [
    /^.* Opset (\d+) is under development.*Current official support for domain (\S+) is till opset (\d+).*$/,
    "it uses opset $1 of $2, and ONNX Runtime has up to $3; export it with opset $3",
  ],
  [
    /^.*Error No Op registered for (\S+) with domain_version of (\d+).*$/,
    "it needs operator $1, which opset $2 does not have; export it with standard operators or a newer opset",
  ],
  [
    /^.*In Node, \("[^"]*", ([^,]+), .*Error No opset import for domain '([^']*)'.*$/,
    "it needs operator $1 of domain $2, which ONNX Runtime does not have; export it with standard operators",
  ],
  [
    /^No graph was found in the protobuf.*$/,
    "it has no graph, so it is not an ONNX file; put the whole file there, as it was exported",
  ],
];
