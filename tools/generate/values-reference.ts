import { isMap, isScalar, parseDocument, type Document, type Pair, type YAMLMap } from "yaml";

/** One line of the reference. */
interface Row {
  path: string;
  /** Nothing for a section. */
  value?: unknown;
  meaning: string;
}

/**
 * A Markdown table of a chart's values, made of the comments above them. A map whose entries have no
 * comments of their own is one value.
 *
 * @throws Error for a value without a comment
 */
export function valuesReference(yaml: string): string {
  const document = parseDocument(yaml);
  if (!isMap(document.contents)) throw new Error("The values are no map");
  const rows = rowsOf(document.contents, "", firstComment(document));
  const lines = rows.map(({ path, value, meaning }) => {
    const shown = value === undefined ? "" : code(JSON.stringify(value));
    return `| ${[`\`${path}\``, shown, cell(meaning)].join(" | ")} |`;
  });
  return ["| value | default | what it is |", "| --- | --- | --- |", ...lines].join("\n");
}

/** The parser gives what stands above the first value to the document. */
function firstComment({ commentBefore, contents }: Document): string {
  return (contents as YAMLMap).commentBefore ?? commentBefore ?? "";
}

function rowsOf(map: YAMLMap, prefix: string, first: string): Row[] {
  return map.items.flatMap((pair, index) => {
    const path = prefix + String(pair.key);
    const meaning = commentOf(pair, index === 0 ? first : "");
    if (meaning === "")
      throw new Error(`The value ${path} has no comment; say above it what it is`);
    const { value } = pair;
    if (!isMap(value) || !hasComments(value)) return [{ path, value: plain(value), meaning }];
    return [{ path, meaning }, ...rowsOf(value, `${path}.`, value.commentBefore ?? "")];
  });
}

function hasComments(map: YAMLMap): boolean {
  return (
    (map.commentBefore ?? "") !== "" ||
    map.items.some(
      (pair) => commentOf(pair, "") !== "" || (isMap(pair.value) && hasComments(pair.value)),
    )
  );
}

function commentOf({ key }: Pair, first: string): string {
  const own = isScalar(key) ? (key.commentBefore ?? "") : "";
  return (own || first)
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();
}

function plain(value: unknown): unknown {
  return value !== null && typeof value === "object" && "toJSON" in value
    ? (value as { toJSON: () => unknown }).toJSON()
    : value;
}

/** In a table even a code span cannot have a bare vertical line. */
function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function cell(text: string): string {
  return text
    .replaceAll("|", "\\|")
    .replaceAll(/[<>]/g, (sign) => (sign === "<" ? "&lt;" : "&gt;"));
}
