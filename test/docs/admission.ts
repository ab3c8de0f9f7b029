import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parse } from "yaml";

const [version] = parse(readFileSync("crds/modeldeployments.yaml", "utf8")).spec.versions;
const { spec, status } = version.schema.openAPIV3Schema.properties;
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const isSpec = ajv.compile(closed(spec));
const isStatus = ajv.compile(closed(status));

/**
 * Checks a ModelDeployment as the API server does, but for the rules in CEL.
 *
 * @throws Error with the fields that do not fit
 */
export function admits(model: { metadata?: { name?: string }; spec?: unknown }): void {
  if (!model.metadata?.name) throw new Error("It has no name");
  if (!isSpec(model.spec)) throw new Error(ajv.errorsText(isSpec.errors, { dataVar: "spec" }));
}

/** A whole ModelDeployment of a part of a spec, as a document may show it. */
export function completed(spec: object) {
  const apiVersion = "intendant.dev/v1alpha1";
  const model = { bundled: "intent-fr" };
  return { apiVersion, kind: "ModelDeployment", metadata: { name: "a" }, spec: { model, ...spec } };
}

/** Checks a status, or a part of one. */
export function statusAdmits(part: object): void {
  if (!isStatus(part)) throw new Error(ajv.errorsText(isStatus.errors, { dataVar: "status" }));
}

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  [keyword: string]: unknown;
}

/** The schema without what it does not know: the API server warns of that, or drops it. */
function closed({ properties, items, ...rest }: Schema): Schema {
  const isOpen = rest["x-kubernetes-preserve-unknown-fields"] || rest["additionalProperties"];
  return {
    ...rest,
    ...(items && { items: closed(items) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, closed(property)]),
      ),
      ...(!isOpen && { additionalProperties: false }),
    }),
  };
}
