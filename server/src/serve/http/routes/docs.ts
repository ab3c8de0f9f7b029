import { createReadStream } from "node:fs";
import { extname, join } from "node:path";
import type { Router } from "@koa/router";
import type { Context, Middleware } from "koa";
import { NotFound } from "../../../process/errors.ts";
import type { OpenApi } from "../../openapi/document.ts";
import { writeJson } from "../write-json.ts";

/**
 * The OpenAPI document, and Swagger UI on top of it, whose files are in `swaggerFolder`.
 *
 * koa2-swagger-ui's page loads a font from elsewhere and has its script and its style within the
 * page. Here the font is left out and the other two become files, so that a content security
 * policy can forbid all but this server's files. All addresses are relative, so that they are also
 * right behind a proxy that adds a prefix.
 */
export function addDocsRoutes(router: Router, document: OpenApi, swaggerFolder: string): void {
  const { title } = document.info;
  let swagger: Middleware | undefined;
  const render = async (context: Context): Promise<Page> => {
    // Few pods ever serve this page, so what it needs is loaded with the first request.
    swagger ??= (await import("./swagger-ui.ts")).swaggerUi(title);
    await swagger(context, async () => {});
    return split(context.body as string);
  };

  router.get("/openapi.json", (context) => {
    writeJson(context, document);
  });

  router.get("/api/docs", async (context) => {
    // Relative addresses would be wrong below a path that ends with a slash.
    if (context.path.endsWith("/")) return context.redirect("../docs");
    context.body = (await render(context)).html;
    context.set({ "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" });
  });

  router.get("/api/docs/:file", async (context) => {
    const { file = "" } = context.params;
    const asset = assets.get(file);
    if (file === "page.js") context.body = (await render(context)).script;
    else if (file === "page.css") context.body = (await render(context)).style;
    else if (asset) context.body = createReadStream(join(swaggerFolder, asset));
    else throw new NotFound(`There is no file ${file} here`);
    context.type = extname(file);
    context.set("X-Content-Type-Options", "nosniff");
  });
}

/** Files of swagger-ui-dist by the names that koa2-swagger-ui's page asks for. */
const assets = new Map([
  ["swagger-ui.min.css", "swagger-ui.css"],
  ["swagger-ui-bundle.js", "swagger-ui-bundle.js"],
  ["swagger-ui-standalone-preset.js", "swagger-ui-standalone-preset.js"],
]);

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

interface Page {
  html: string;
  script: string;
  style: string;
}

/** Takes the script and the style out of the page, and what would be loaded from elsewhere. */
function split(page: string): Page {
  const script = /<script>(.*?)<\/script>/s;
  const style = /<style>(.*?)<\/style>/s;
  return {
    html: page
      .replace(script, '<script src="./docs/page.js"></script>')
      .replace(style, '<link rel="stylesheet" href="./docs/page.css">')
      .replace(/<link href="https:.*?>/, "")
      // Icons of older versions of Swagger UI, with a style of their own.
      .replace(/<svg.*?<\/svg>/s, ""),
    script: script.exec(page)?.[1] ?? "",
    style: style.exec(page)?.[1] ?? "",
  };
}
