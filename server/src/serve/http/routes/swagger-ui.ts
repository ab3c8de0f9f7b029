import type { Middleware } from "koa";
import { koaSwagger } from "koa2-swagger-ui";

/** The page of Swagger UI for `openapi.json`, with its files in `docs/` below the page's folder. */
export function swaggerUi(title: string): Middleware {
  return koaSwagger({
    title,
    routePrefix: false,
    hideTopbar: true,
    favicon: "data:,",
    // Together the folder of the files, as the page sees it.
    swaggerCdnUrl: ".",
    swaggerVersion: "docs",
    swaggerOptions: {
      url: "../openapi.json",
      validatorUrl: null,
      tryItOutEnabled: true,
    },
  });
}
