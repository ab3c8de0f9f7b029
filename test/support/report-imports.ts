// Loaded into a server's process with --import: logs each module of a package that is loaded.
import { registerHooks } from "node:module";

registerHooks({
  load: (url, context, next) => {
    const [, module] = url.split("/node_modules/");
    if (module) console.log(JSON.stringify({ level: "info", msg: `Imported ${module}` }));
    return next(url, context);
  },
});
