import type { Metrics } from "./metrics.ts";

const cell = 54;
const margin = { left: 150, top: 40, bottom: 130 };

/** The confusion matrix as an SVG picture; each row's shades are shares of the right label. */
export function picture({ labels, confusion, sentences }: Metrics): string {
  const side = labels.length * cell;
  const width = margin.left + side + 20;
  const height = margin.top + side + margin.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${margin.left}" y="24">${sentences} sentences; rows: right label, columns: answer</text>`,
    ...confusion.flatMap((row, right) =>
      row.map((count, answered) => square(count, labels[right]!.support, right, answered)),
    ),
    ...labels.map(({ label }, k) => rowName(label, k)),
    ...labels.map(({ label }, k) => columnName(label, k, side)),
    "</svg>\n",
  ].join("\n");
}

function square(count: number, support: number, right: number, answered: number): string {
  const x = margin.left + answered * cell;
  const y = margin.top + right * cell;
  const share = support === 0 ? 0 : count / support;
  const hue = right === answered ? 150 : 10;
  const fill = `hsl(${hue} 60% ${Math.round(100 - 60 * Math.sqrt(share))}%)`;
  const ink = share > 0.5 ? "white" : "black";
  return [
    `<rect x="${x}" y="${y}" width="${cell - 2}" height="${cell - 2}" fill="${fill}"/>`,
    `<text x="${x + cell / 2 - 1}" y="${y + cell / 2 + 3}" text-anchor="middle" fill="${ink}">${count}</text>`,
  ].join("");
}

function rowName(label: string, k: number): string {
  const y = margin.top + k * cell + cell / 2 + 3;
  return `<text x="${margin.left - 8}" y="${y}" text-anchor="end">${escaped(label)}</text>`;
}

function columnName(label: string, k: number, side: number): string {
  const x = margin.left + k * cell + cell / 2;
  const y = margin.top + side + 12;
  return `<text x="${x}" y="${y}" text-anchor="end" transform="rotate(-50 ${x} ${y})">${escaped(label)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
