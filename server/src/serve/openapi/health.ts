import { answer, unavailable, type Part } from "./parts.ts";

/** What probes ask. */
export const healthPaths: Part = {
  "/api/health": {
    get: {
      tags: ["Health"],
      operationId: "health",
      summary: "Tells whether requests should be sent here",
      responses: { 200: answer("Yes", "Health"), 503: unavailable("No, and why") },
    },
  },
  "/v2/health/live": {
    get: {
      tags: ["Health"],
      operationId: "live",
      summary: "Tells whether the server runs",
      responses: { 200: answer("It does", "Live") },
    },
  },
  "/v2/health/ready": {
    get: {
      tags: ["Health"],
      operationId: "ready",
      summary: "Tells whether the server is ready for inference",
      responses: {
        200: answer("It is ready", "Ready"),
        503: unavailable("It is not ready", "Ready"),
      },
    },
  },
};
