import { got, optional, required, type Case } from "../case.ts";
import { expect, show } from "../expect.ts";
import { modelPath, send } from "../target.ts";

const isOk = async (url: string) => {
  const { status, body } = await send(url);
  expect(status === 200, "a status of 200", `${status} ${show(body.toString())}`);
};

/** Whether server and model say that they are well. */
export const health: Case[] = [
  required("GET /v2/health/live answers 200", ({ url }) => isOk(`${url}/v2/health/live`)),
  required("GET /v2/health/ready answers 200", ({ url }) => isOk(`${url}/v2/health/ready`)),
  required("GET /v2/models/{model}/ready answers 200", (target) =>
    isOk(`${modelPath(target)}/ready`),
  ),
  optional('the server says {"live": true}, which KServe\'s client reads', async ({ url }) => {
    const answer = await got(`${url}/v2/health/live`);
    expect(answer["live"] === true, '{"live": true}', answer);
  }),
  optional('the server says {"ready": true}, which KServe\'s client reads', async ({ url }) => {
    const answer = await got(`${url}/v2/health/ready`);
    expect(answer["ready"] === true, '{"ready": true}', answer);
  }),
  optional("the model says its name and that it is ready", async (target) => {
    const answer = await got(`${modelPath(target)}/ready`);
    const isRight = answer["ready"] === true && answer["name"] === target.metadata.name;
    expect(isRight, show({ name: target.metadata.name, ready: true }), answer);
  }),
];
