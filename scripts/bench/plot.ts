// A plot as SVG, by hand: throughput and latency over offered load.

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Panel {
  readonly title: string;
  readonly yTitle: string;
  /** Powers of ten instead of equal steps. */
  readonly isLogarithmic: boolean;
  readonly series: readonly Series[];
}

const width = 720;
const height = 300;
const margin = { left: 70, right: 160, top: 34, bottom: 44 };
const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };

/** A step of 1, 2 or 5 times a power of ten that parts `most` into four to ten. */
function roundStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => most / step <= 8) ?? power * 10;
}

function ticksOf(most: number, isLogarithmic: boolean, least: number): number[] {
  if (isLogarithmic) {
    const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
    return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  }
  const step = roundStep(most);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

const label = (value: number): string =>
  value >= 1000
    ? `${(value / 1000).toLocaleString('en')}k`
    : value.toLocaleString('en', { maximumFractionDigits: 3 });

function drawPanel(panel: Panel, xTitle: string, offset: number): string {
  const points = panel.series.flatMap((series) => series.points);
  const xTicks = ticksOf(Math.max(1, ...points.map(([x]) => x)), false, 1);
  const positive = points.map(([, y]) => y).filter((y) => y > 0);
  const yTicks = ticksOf(Math.max(0.001, ...positive), panel.isLogarithmic, Math.min(1, ...positive));
  const [xMost, yLeast, yMost] = [xTicks.at(-1) ?? 1, yTicks[0] ?? 0, yTicks.at(-1) ?? 1];
  const xAt = (x: number): number => margin.left + (x / xMost) * inner.width;
  const share = (y: number): number =>
    panel.isLogarithmic
      ? Math.log10(Math.max(y, yLeast) / yLeast) / Math.log10(yMost / yLeast)
      : (y - yLeast) / (yMost - yLeast);
  const yAt = (y: number): number => offset + margin.top + inner.height * (1 - share(y));
  const parts = [
    `<text x="${margin.left}" y="${offset + 20}" class="title">${panel.title}</text>`,
    `<text x="${margin.left + inner.width / 2}" y="${offset + height - 8}" text-anchor="middle">${xTitle}</text>`,
    `<text transform="translate(16 ${offset + margin.top + inner.height / 2}) rotate(-90)" text-anchor="middle">${panel.yTitle}</text>`,
  ];
  for (const x of xTicks) {
    const at = xAt(x).toFixed(1);
    parts.push(`<line x1="${at}" x2="${at}" y1="${yAt(yLeast)}" y2="${yAt(yMost)}" class="grid"/>`);
    parts.push(`<text x="${at}" y="${yAt(yLeast) + 16}" text-anchor="middle">${label(x)}</text>`);
  }
  for (const y of yTicks) {
    const at = yAt(y).toFixed(1);
    parts.push(
      `<line x1="${margin.left}" x2="${margin.left + inner.width}" y1="${at}" y2="${at}" class="grid"/>`,
    );
    parts.push(`<text x="${margin.left - 6}" y="${Number(at) + 4}" text-anchor="end">${label(y)}</text>`);
  }
  for (const [index, { name, colour, points: own }] of panel.series.entries()) {
    const path = own.map(([x, y]) => `${xAt(x).toFixed(1)},${yAt(y).toFixed(1)}`);
    parts.push(`<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const at of path) {
      const [x, y] = at.split(',');
      parts.push(`<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`);
    }
    const y = offset + margin.top + 14 + index * 18;
    parts.push(
      `<rect x="${width - margin.right + 12}" y="${y - 9}" width="12" height="4" fill="${colour}"/>`,
    );
    parts.push(`<text x="${width - margin.right + 30}" y="${y - 3}">${name}</text>`);
  }
  return parts.join('\n');
}

/** The panels one below the other, over one kind of x. */
export function drawPlot(panels: readonly Panel[], xTitle: string): string {
  const total = panels.length * height;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}">
<style>text{font:12px sans-serif;fill:#222}.title{font-size:14px;font-weight:bold}.grid{stroke:#ddd}</style>
<rect width="${width}" height="${total}" fill="#fff"/>
${panels.map((panel, index) => drawPanel(panel, xTitle, index * height)).join('\n')}
</svg>
`;
}
