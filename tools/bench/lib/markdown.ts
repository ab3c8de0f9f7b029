/** A table in Markdown: the first columns are text and the others numbers, aligned to the right. */
export function table(head: string[], rows: string[][], textColumns = 1): string {
  const rule = head.map((_, column) => (column < textColumns ? "---" : "---:"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
