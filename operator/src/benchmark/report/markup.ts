/** Text of HTML or SVG in which everything that came from outside has been escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a `markup` template; nothing is written of what is undefined or false. */
export type Content = Markup | string | number | false | undefined | readonly Content[];

/**
 * A template whose values are escaped, in text and in quoted attributes alike, unless they are
 * `Markup` themselves. So no name and no message can become a part of the page.
 */
export function markup(strings: TemplateStringsArray, ...values: Content[]): Markup {
  const parts = strings.map((string, index) => string + written(values[index]));
  return new Markup(parts.join(""));
}

function written(value: Content): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(written).join("");
  return escaped(String(value));
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")
    .replaceAll(/[^\P{Cc}\n\t]/gu, "\uFFFD");
}
