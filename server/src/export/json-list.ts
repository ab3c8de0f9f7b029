/**
 * A JSON array, one item a line, written while its items come. What breaks off in the middle is no
 * JSON, so no reader takes it for the whole.
 */
export async function* jsonList(
  items: AsyncIterable<object>,
  onItem: () => void,
): AsyncGenerator<string> {
  let before = "[\n";
  for await (const item of items) {
    yield before + JSON.stringify(item);
    before = ",\n";
    onItem();
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}
