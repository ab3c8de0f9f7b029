import { markup, type Content, type Markup } from "./markup.ts";
import type { Range, Scale } from "./scale.ts";

/** Size of every chart, in the units of its picture. */
const size = { width: 520, height: 270 };

/** Where the plot is in a chart; its labels are around it. */
export const plot = { left: 62, right: 496, top: 40, bottom: 226 };

/** From the left end of the plot to the right one. */
export const across: Range = [plot.left, plot.right];

/** From the lower end of the plot to the upper one. */
export const upwards: Range = [plot.bottom, plot.top];

/** A class of the style sheet, for a line or a mark and for its place in the legend. */
export type Style = "p50" | "p95" | "p99" | "rate" | "errors" | "slo" | "held" | "missed" | "found";

/** What a chart is about, apart from its curves. */
export interface Chart {
  /** Prefix of the ids in the picture; each chart of a page has its own. */
  id: string;
  title: string;
  /** What can be seen, in words. */
  description: string;
  x: Axis;
  y: Axis;
  legend: { style: Style; label: string }[];
}

/** A scale with its unit. */
export interface Axis {
  scale: Scale;
  title: string;
  label: (value: number) => string;
}

/** A picture with axes, a legend and the content of the plot. */
export function chart(
  { id, title, description, x, y, legend }: Chart,
  ...drawn: Content[]
): Markup {
  return markup`<figure>
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title>
<desc id="${id}-desc">${description}</desc>
${key(legend)}
${y.scale.ticks.map((tick) => horizontalTick(y, tick))}
${x.scale.ticks.map((tick) => verticalTick(x, tick))}
<line class="axis" x1="${plot.left}" y1="${plot.bottom}" x2="${plot.right}" y2="${plot.bottom}"/>
<text class="axis-title" x="${plot.left}" y="30">${axisTitle(y)}</text>
<text class="axis-title" x="${plot.right}" y="${plot.bottom + 36}" text-anchor="end">${axisTitle(x)}</text>
${drawn}
</svg>
</figure>
`;
}

function axisTitle({ title, scale }: Axis): string {
  return scale.kind === "linear" ? title : `${title}, logarithmic`;
}

/** Width that a letter takes in a legend. */
const letter = 6.7;

function key(legend: Chart["legend"]): Content {
  let x = plot.left;
  return legend.map(({ style, label }) => {
    const at = x;
    x += 38 + label.length * letter;
    return markup`${swatch(style, at)}<text class="key" x="${Math.round(at) + 24}" y="13">${label}</text>
`;
  });
}

function swatch(style: Style, x: number): Markup {
  const [left, right] = [Math.round(x), Math.round(x) + 18];
  if (style === "held" || style === "missed") return mark(style, left + 9, 9);
  if (style === "errors") {
    return markup`<rect class="errors" x="${left + 4}" y="4" width="10" height="10"/>`;
  }
  return markup`<line class="${style}" x1="${left}" y1="9" x2="${right}" y2="9"/>`;
}

function horizontalTick({ scale, label }: Axis, tick: number): Markup {
  const y = scale.at(tick);
  return markup`<line class="grid" x1="${plot.left}" y1="${y}" x2="${plot.right}" y2="${y}"/><text class="tick" x="${plot.left - 7}" y="${y + 4}" text-anchor="end">${label(tick)}</text>
`;
}

function verticalTick({ scale, label }: Axis, tick: number): Markup {
  const x = scale.at(tick);
  return markup`<line class="axis" x1="${x}" y1="${plot.bottom}" x2="${x}" y2="${plot.bottom + 4}"/><text class="tick" x="${x}" y="${plot.bottom + 18}" text-anchor="middle">${label(tick)}</text>
`;
}

/** A point of a curve; y is undefined where there is no value. */
export interface Point {
  x: number;
  y: number | undefined;
}

/** A curve through points, with a gap where there is no value, and a dot where a point is alone. */
export function curve(style: Style, points: readonly Point[]): Markup {
  const runs = unbroken(points).map((run) =>
    run.length > 1 ? polyline(style, run) : run.map(({ x, y }) => dot(style, x, y)),
  );
  return markup`${runs}
`;
}

function unbroken(points: readonly Point[]): { x: number; y: number }[][] {
  const runs: { x: number; y: number }[][] = [[]];
  for (const { x, y } of points) {
    if (y === undefined) runs.push([]);
    else runs.at(-1)?.push({ x, y });
  }
  return runs.filter((run) => run.length > 0);
}

function polyline(style: Style, points: readonly { x: number; y: number }[]): Markup {
  const path = points.map(({ x, y }) => `${x},${y}`).join(" ");
  return markup`<polyline class="${style}" points="${path}"/>`;
}

function dot(style: Style, x: number, y: number): Markup {
  return markup`<circle class="${style} dot" cx="${x}" cy="${y}" r="3"/>`;
}

/** A filled circle for a rate that was held, a cross for one that was not. */
export function mark(style: "held" | "missed", x: number, y: number): Markup {
  if (style === "held") return markup`<circle class="held" cx="${x}" cy="${y}" r="4.5"/>`;
  const path = `M${x - 4},${y - 4}l8,8m0,-8l-8,8`;
  return markup`<path class="missed" d="${path}"/>`;
}

/** A bar that stands on the lower end of the plot. */
export function bar(style: Style, x: Range, y: number): Markup {
  const [width, height] = [x[1] - x[0], plot.bottom - y].map((side) => Number(side.toFixed(1)));
  return markup`<rect class="${style}" x="${x[0]}" y="${y}" width="${width}" height="${height}"/>`;
}

/** A line across the plot, with what it stands for at one of its ends. */
export function level(style: Style, y: number, label: string, end: "left" | "right"): Markup {
  const above = y - plot.top > 18 ? y - 6 : y + 16;
  const at = end === "left" ? plot.left + 6 : plot.right - 4;
  const anchor = end === "left" ? "start" : "end";
  return markup`<line class="${style}" x1="${plot.left}" y1="${y}" x2="${plot.right}" y2="${y}"/><text class="${style} note" x="${at}" y="${above}" text-anchor="${anchor}">${label}</text>
`;
}

/** A line up the plot, with what it stands for at its upper end. */
export function upright(style: Style, x: number, label: string): Markup {
  const isRight = x > (plot.left + plot.right) / 2;
  const at = isRight ? x - 6 : x + 6;
  return markup`<line class="${style}" x1="${x}" y1="${plot.top}" x2="${x}" y2="${plot.bottom}"/><text class="${style} note" x="${at}" y="${plot.top + 10}" text-anchor="${isRight ? "end" : "start"}">${label}</text>
`;
}

/** A sentence in an empty plot. */
export function remark(text: string): Markup {
  const [x, y] = [(plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2];
  return markup`<text class="remark" x="${x}" y="${y}" text-anchor="middle">${text}</text>
`;
}
