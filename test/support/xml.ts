import { SaxesParser } from "saxes";

/** An element of a document. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  /** What stands directly in it, without the space around it. */
  text: string;
}

/**
 * The root of an XML document.
 *
 * @throws Error when it is not well-formed
 */
export function parseXml(text: string): Element {
  const parser = new SaxesParser();
  const document: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [document];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element: Element = { name, attributes: { ...attributes }, children: [], text: "" };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on("text", (content) => {
    const element = open.at(-1);
    if (element) element.text += content.trim();
  });
  parser.on("closetag", () => open.pop());
  parser.write(text).close();
  const [root] = document.children;
  if (!root) throw new Error("There is no element");
  return root;
}

/** All elements of a name below another one. */
export function descendants(element: Element, name: string): Element[] {
  const below = element.children.flatMap((child) => descendants(child, name));
  return [...element.children.filter((child) => child.name === name), ...below];
}
