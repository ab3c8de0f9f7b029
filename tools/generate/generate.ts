/**
 * Writes what is derived from crds/modeldeployments.yaml: the operator's types, the chart's copy and the
 * reference; and from the comments in the chart's values.yaml, the reference in its README.
 *
 *   node tools/generate/generate.ts           writes them
 *   node tools/generate/generate.ts --check   writes nothing, fails where a file is not up to date
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { compile, type JSONSchema } from "json-schema-to-typescript";
import { format, resolveConfig } from "prettier";
import { parse } from "yaml";
import { reference } from "./reference.ts";
import { valuesReference } from "./values-reference.ts";

const source = "crds/modeldeployments.yaml";
const crd = readFileSync(source, "utf8");

const files: Record<string, string> = {
  "operator/src/api/model-deployment.gen.ts": await types(),
  "charts/intendant/templates/crd.yaml": chartCopy(),
  "charts/intendant/README.md": await chartReadme(),
  "docs/reference/modeldeployment.md": await reference({
    crd,
    api: readFileSync("operator/src/api/reasons.ts", "utf8"),
    conditions: readFileSync("docs/reference/conditions.yaml", "utf8"),
  }),
};

const stale = Object.entries(files).filter(([path, content]) => read(path) !== content);
if (process.argv.includes("--check")) {
  for (const [path] of stale) console.error(`${path} is not up to date; run: npm run generate`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, content] of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    console.log(`Wrote ${path}`);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

async function types(): Promise<string> {
  const [version] = parse(crd).spec.versions;
  const { spec, status } = version.schema.openAPIV3Schema.properties;
  const options = {
    bannerComment: "",
    additionalProperties: false,
    // A list of at most 16 would become a union of 17 tuples.
    ignoreMinAndMaxItems: true,
    format: true,
  };
  const parts = [
    await compile(closed(spec, true), "ModelDeploymentSpec", options),
    await compile(closed(status, false), "ModelDeploymentStatus", options),
  ];
  return `// Generated from ${source} by tools/generate/generate.ts.\n\n${parts.join("\n")}`;
}

/**
 * The schema as json-schema-to-typescript wants it. What has a default is always there once the
 * API server has admitted the resource, so it counts as required where `defaulted` says so.
 */
function closed(schema: JSONSchema, defaulted: boolean): JSONSchema {
  const { properties, items, required = [], ...rest } = structuredClone(schema);
  if (rest["x-kubernetes-int-or-string"]) return { ...rest, type: undefined };
  const entries = Object.entries(properties ?? {});
  const withDefault = defaulted
    ? entries.filter(([, property]) => property.default !== undefined).map(([name]) => name)
    : [];
  return {
    ...rest,
    ...(entries.length > 0 && {
      properties: Object.fromEntries(
        entries.map(([name, property]) => [name, closed(property, defaulted)]),
      ),
      required: [...new Set([...(Array.isArray(required) ? required : []), ...withDefault])],
    }),
    ...(items && !Array.isArray(items) && { items: closed(items, defaulted) }),
  };
}

function chartCopy(): string {
  const annotations =
    "  {{- /* Without this value, too, uninstalling keeps the models. */}}\n" +
    '  {{- if ne (toString .Values.crds.keep) "false" }}\n' +
    "  annotations:\n" +
    "    # Helm does not delete objects with this annotation when the release is uninstalled.\n" +
    "    helm.sh/resource-policy: keep\n" +
    "  {{- end }}\n";
  const kept = crd.replace(/^metadata:\n/m, `metadata:\n${annotations}`);
  return `{{- if .Values.crds.install }}\n# Generated from ${source} by tools/generate/generate.ts.\n${kept}{{- end }}\n`;
}

/** The README with a reference that is up to date between two marks. */
async function chartReadme(): Promise<string> {
  const path = "charts/intendant/README.md";
  const [begin, end] = ["<!-- values: generated from values.yaml -->", "<!-- end of values -->"];
  const [before, , after] = readFileSync(path, "utf8").split(new RegExp(`${begin}|${end}`));
  if (before === undefined || after === undefined) {
    throw new Error(`${path} lacks the marks ${begin} and ${end}`);
  }
  const values = valuesReference(readFileSync("charts/intendant/values.yaml", "utf8"));
  const options = { ...(await resolveConfig(path)), filepath: path };
  return format(`${before}${begin}\n\n${values}\n\n${end}${after}`, options);
}
