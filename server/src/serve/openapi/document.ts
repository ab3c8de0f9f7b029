import packageJson from "../../../package.json" with { type: "json" };
import type { Serving } from "../service/service.ts";
import { healthPaths } from "./health.ts";
import { inferencePaths } from "./inference.ts";
import { intentPaths } from "./intents.ts";
import { inferSchemas, intentSchemas, protocolSchemas } from "./schema.ts";

/** An OpenAPI 3.1 document. */
export interface OpenApi {
  info: { title: string; version: string; description: string };
  [field: string]: unknown;
}

/** The API of a server with this model. */
export function openapi(serving: Serving, maxSentenceLength: number): OpenApi {
  const { description, classifier } = serving;
  const intents = classifier && intentPaths(serving, classifier, maxSentenceLength);
  return {
    openapi: "3.1.0",
    info: {
      title: description.name,
      version: packageJson.version,
      description: `One ONNX model, served by Intendant. SHA-256 of the file: ${description.sha256}`,
    },
    // Relative to this document, which keeps it right behind a proxy that adds a prefix.
    servers: [{ url: "." }],
    tags: [...(classifier ? ["Intents"] : []), "Inference", "Health"].map((name) => ({ name })),
    paths: { ...intents, ...inferencePaths(serving), ...healthPaths },
    components: {
      schemas: {
        ...(classifier && intentSchemas(classifier)),
        ...inferSchemas(description),
        ...protocolSchemas,
      },
    },
  };
}
