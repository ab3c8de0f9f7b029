/** Resolves as soon as the condition holds; fails with its source when that takes 60 seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline)
      throw new Error(`Waited 60 s in vain for ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
