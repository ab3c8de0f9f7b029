import { patience } from "./patience.ts";
import { suite as uvu, type Callback, type Context, type Test } from "uvu";

/**
 * A uvu suite in which every test has a time limit (uvu itself waits for ever) and a hook that
 * throws says what it threw (uvu swallows it).
 *
 * @param usual milliseconds one test may take, 10,000 unless said
 */
export function suite<T = Context>(name: string, usual = 10_000): Test<T> {
  const limit = usual * patience;
  const inner = uvu<T>(name);
  const test = (title: string, body: Callback<T>) => inner(title, limited(title, body, limit));
  return Object.assign(test, {
    only: (title: string, body: Callback<T>) => inner.only(title, body),
    skip: (title?: string, body?: Callback<T>) => inner.skip(title, body),
    before: reported("before", inner.before),
    after: reported("after", inner.after),
    run: () => inner.run(),
  });
}

function limited<T>(title: string, body: Callback<T>, limit: number): Callback<T> {
  return async (context) => {
    const { promise, reject } = Promise.withResolvers<never>();
    const late = () => reject(new Error(`"${title}" took longer than ${limit} ms`));
    const timer = setTimeout(late, limit);
    try {
      await Promise.race([body(context), promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function reported<T>(name: string, hooks: Test<T>["before"]): Test<T>["before"] {
  const wrap =
    (hook: Callback<T>): Callback<T> =>
    async (context) => {
      try {
        await hook(context);
      } catch (error) {
        console.error(`The ${name} hook failed:`, error);
        process.exitCode = 1;
        throw error;
      }
    };
  const each = (hook: Callback<T>) => hooks.each(wrap(hook));
  return Object.assign((hook: Callback<T>) => hooks(wrap(hook)), { each });
}
