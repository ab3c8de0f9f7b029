import * as assert from "uvu/assert";
import { combine, unknownLabels } from "../../../model/src/corpus/combine.ts";
import { suite } from "../../support/suite.ts";

const test = suite("model/corpus/combine");
const example = (sentence: string, intent: string) => ({ sentence, intent });

test("takes each sentence once, as the last list has it", () => {
  const found = combine([
    [example("Un hôtel", "train"), example("un train", "train")],
    [example("un hôtel", "hotel"), example("un bus", "bus")],
  ]);
  assert.equal(found, [
    example("un hôtel", "hotel"),
    example("un train", "train"),
    example("un bus", "bus"),
  ]);
});

test("counts labels that are not known", () => {
  const examples = ["bus", "train", "bus"].map((label, index) => example(String(index), label));
  assert.equal([...unknownLabels(examples, ["train"])], [["bus", 2]]);
  assert.is(unknownLabels(examples, ["train", "bus"]).size, 0);
});

test.run();
