// Asks a French intent classifier until it answers: node infer.mjs ADDRESS SECONDS
const [address, seconds] = process.argv.slice(-2);
const sentence = "Trouve-moi un hôtel pas cher à Lyon pour ce week-end";
const end = Date.now() + Number(seconds) * 1000;
let trouble;
do {
  try {
    const intents = await ask();
    console.log(`${address} was asked: ${sentence}`);
    for (const { intent, probability } of intents)
      console.log(`${probability.toFixed(4)} ${intent}`);
    process.exit(0);
  } catch (error) {
    trouble = error.cause?.message ?? error.message;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
} while (Date.now() < end);
console.error(`${address} did not answer within ${seconds} s; in the end: ${trouble}`);
process.exit(1);

async function ask() {
  const url = `${address}/api/intent?sentence=${encodeURIComponent(sentence)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 200)}`);
  const intents = JSON.parse(text);
  const sum = intents.reduce((total, { probability }) => total + probability, 0);
  if (intents.length !== 8 || Math.abs(sum - 1) > 0.01) {
    throw new Error(`not eight probabilities that add up to 1: ${text.slice(0, 500)}`);
  }
  return intents;
}
