/** As much of a CRD's schema as the reference tells. */
export interface Schema {
  type?: string;
  format?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-validations"?: { rule: string; message?: string }[];
}

/** A field with everything that can be said of it. */
export interface Field {
  /** From the root, for example `spec.server.env[].name`. */
  path: string;
  description: string;
  type: string;
  /** Whether its parent is not admitted without it. */
  isRequired: boolean;
  /** As YAML on one line; undefined where there is none. */
  default: string | undefined;
  /** Bounds of its value, for example `at most 63 characters`. */
  bounds: string[];
  /** What the API server says of a value that it refuses. */
  refusals: string[];
}

/** A field and all that are in it, in the order of the schema. */
export function fieldsOf(path: string, schema: Schema, isRequired = false): Field[] {
  const field: Field = {
    path,
    description: schema.description ?? "",
    type: typeOf(schema),
    isRequired,
    default: schema.default === undefined ? undefined : JSON.stringify(schema.default),
    bounds: boundsOf(schema),
    refusals: [schema, schema.items ?? {}].flatMap(refusalsOf),
  };
  return [field, ...inner(path, schema)];
}

function inner(path: string, schema: Schema): Field[] {
  const { properties = {}, required = [], items } = schema;
  const fields = Object.entries(properties).flatMap(([name, property]) =>
    fieldsOf(`${path}.${name}`, property, required.includes(name)),
  );
  return items ? [...fields, ...inner(`${path}[]`, items)] : fields;
}

function typeOf(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"]) return "quantity (integer or string)";
  if (schema.items) return `list of ${plural(typeOf(schema.items))}`;
  if (schema.additionalProperties) {
    return `map of strings to ${plural(typeOf(schema.additionalProperties))}`;
  }
  if (schema.format === "date-time") return "time (RFC 3339)";
  return schema.type ?? "any";
}

function plural(type: string): string {
  return type.replace(/^\w+/, "$&s");
}

function refusalsOf(schema: Schema): string[] {
  const validations = schema["x-kubernetes-validations"] ?? [];
  return validations.map(({ rule, message }) => message ?? rule);
}

function boundsOf(schema: Schema): string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, maxProperties } = schema;
  const keys = schema["x-kubernetes-list-map-keys"];
  return [
    ...(schema.enum ? [`one of ${schema.enum.map((value) => `\`${value}\``).join(", ")}`] : []),
    ...range(minimum, maximum, ""),
    ...range(minLength, maxLength, " characters"),
    ...range(minItems, maxItems, " entries"),
    ...range(undefined, maxProperties, " entries"),
    ...(keys ? [`no two entries have the same ${keys.join(" and ")}`] : []),
    ...(schema["x-kubernetes-list-type"] === "set" ? ["no two entries are the same"] : []),
  ];
}

function range(least: number | undefined, most: number | undefined, unit: string): string[] {
  if (least !== undefined && most !== undefined) return [`from ${least} to ${most}${unit}`];
  if (least !== undefined) return [`at least ${least}${unit}`];
  return most === undefined ? [] : [`at most ${most}${unit}`];
}
