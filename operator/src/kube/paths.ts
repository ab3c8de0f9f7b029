import type { Kind } from "./resource.ts";

type Query = Record<string, string | number | boolean | undefined>;

/** Path of the collection of a kind, in one namespace or in all. */
export function collectionPath(
  kind: Kind,
  namespace: string | undefined,
  query: Query = {},
): string {
  const root = kind.apiVersion.includes("/") ? "/apis" : "/api";
  const within = kind.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}/${kind.apiVersion}${within}/${kind.plural}${search(query)}`;
}

/** Path of one object or of its subresource. */
export function objectPath(
  kind: Kind,
  { namespace, name, subresource }: { namespace?: string; name: string; subresource?: string },
  query: Query = {},
): string {
  const rest = [name, ...(subresource ? [subresource] : [])].map(encodeURIComponent);
  return `${collectionPath(kind, namespace)}/${rest.join("/")}${search(query)}`;
}

/** The plural that a path is about, with its subresource if it has one: `modeldeployments/status`. */
export function resourceOf(path: string): string {
  const [, ...parts] = new URL(path, "http://unused").pathname.split("/");
  const within = parts.slice(parts[0] === "api" ? 2 : 3);
  const [plural = "", , subresource] = within[0] === "namespaces" ? within.slice(2) : within;
  return subresource ? `${plural}/${subresource}` : plural;
}

function search(query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) given.set(name, String(value));
  }
  return given.size > 0 ? `?${given.toString()}` : "";
}
