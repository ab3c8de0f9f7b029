import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The root of the checkout that this file is part of. */
export const checkout = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));
