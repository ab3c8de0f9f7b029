import * as assert from "uvu/assert";
import { pull, type Pull, type PullEvent } from "../../../operator/src/observe/pull-event.ts";
import { suite } from "../../support/suite.ts";

const test = suite("pull events");

const event = (message: string, fieldPath = "spec.containers{server}"): PullEvent => ({
  message,
  involvedObject: { fieldPath },
});
const image = "registry/server:1";
const pulled = (took: string, tail = "") =>
  event(`Successfully pulled image "${image}" in ${took} (${took} including waiting)${tail}`);
const present = `Container image "${image}" already present on machine`;
const size = ". Image size: 78101500 bytes.";

const cases: [title: string, events: PullEvent[], pull: Pull][] = [
  ["Kubernetes 1.31", [pulled("3.2s", size)], { image, seconds: 3.2, bytes: 78101500 }],
  ["a long pull", [pulled("1h2m3.5s", size)], { image, seconds: 3723.5, bytes: 78101500 }],
  ["a short pull", [pulled("285ms")], { image, seconds: 0.285, bytes: undefined }],
  ["a very short pull", [pulled("1.5µs")], { image, seconds: 0.0000015, bytes: undefined }],
  ["an image that was there", [event(present)], { image, seconds: 0, bytes: undefined }],
  [
    "an image that was there, in Kubernetes 1.35",
    [event(`${present} and can be accessed by the pod`)],
    { image, seconds: 0, bytes: undefined },
  ],
  [
    "an image that the init container pulled",
    [
      event(
        `Successfully pulled image "${image}" in 2s (3s including waiting)${size}`,
        "spec.initContainers{fetch}",
      ),
      event(present),
    ],
    { image, seconds: 2, bytes: 78101500 },
  ],
  [
    "containers that somebody else put in",
    [
      event(
        'Successfully pulled image "istio:1" in 9s (9s including waiting)',
        "spec.containers{istio-proxy}",
      ),
      event(present),
    ],
    { image, seconds: 0, bytes: undefined },
  ],
  ["no events", [], { image: undefined, seconds: undefined, bytes: undefined }],
  ["other words", [event("Pulled it")], { image: undefined, seconds: undefined, bytes: undefined }],
  ["a time that is none", [pulled("soon")], { image, seconds: undefined, bytes: undefined }],
];
for (const [title, events, expected] of cases) {
  test(title, () => assert.equal(pull(events), expected));
}

test.run();
