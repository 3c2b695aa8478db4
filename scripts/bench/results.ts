// Results of a benchmark: medians, spread, ratios; as JSON, as Markdown, as a plot.

import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import type { Measurement } from './load.ts';
import { drawPlot } from './plot.ts';

/** One run of one server. */
export interface Run extends Measurement {
  readonly scenario: string;
  readonly server: string;
  readonly load: string;
  /** Runs of the same pair were made one after the other. */
  readonly pair: number;
}

/** A figure that is held against what it must be. */
export interface Finding {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Of the pairs or runs that it is the median of. */
  readonly from: number;
  readonly to: number;
  readonly floor: string;
  readonly aim: string;
}

export interface Results {
  readonly at: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly findings: readonly Finding[];
  readonly runs: readonly Run[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Median and extremes of some values, as a finding. */
export function finding(
  name: string,
  unit: string,
  values: readonly number[],
  wanted: { readonly floor?: string; readonly aim?: string } = {},
): Finding {
  const [from, to] = values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
  return { name, unit, value: median(values), from, to, floor: wanted.floor ?? '', aim: wanted.aim ?? '' };
}

/** A run that waited for codes, lost replies or got wrong ones says nothing about speed. */
export function faultOf({ waits, bad, rejected, timedOut }: Measurement): string | null {
  const faults = Object.entries({ waits, bad, rejected, timedOut }).filter(([, count]) => count > 0);
  return faults.length === 0 ? null : faults.map(([name, count]) => `${name} ${count}`).join(', ');
}

export function describeMachine(freeradius: string | null): Results['machine'] {
  const [first] = cpus();
  const quietly = (command: string, parameters: readonly string[]): string => {
    try {
      return execFileSync(command, parameters, { encoding: 'utf8', stdio: 'pipe' }).trim();
    } catch {
      return '';
    }
  };
  return {
    processor: first?.model ?? '',
    processors: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    commit: quietly('git', ['rev-parse', '--short', 'HEAD']),
    freeradius: freeradius ?? 'not installed',
  };
}

const figure = (value: number): string =>
  value >= 100
    ? Math.round(value).toLocaleString('en')
    : value.toLocaleString('en', { maximumFractionDigits: 2 });

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}

function runTable(runs: readonly Run[]): string {
  const groups = Map.groupBy(runs, ({ scenario, server, load }) => `${scenario}\0${server}\0${load}`);
  const rows = [...groups.values()].map((group) => {
    const sound = group.filter((run) => faultOf(run) === null);
    const faults = group.length - sound.length;
    const counted = sound.length > 0 ? sound : group;
    const over = (pick: (run: Run) => number) => median(counted.map(pick));
    const rates = counted.map(({ perSecond }) => perSecond);
    const { scenario = '', server = '', load = '' } = group[0] ?? {};
    return [
      ...[scenario, server, load, String(group.length)],
      `${figure(median(rates))} (${figure(Math.min(...rates))}–${figure(Math.max(...rates))})`,
      ...[over((run) => run.latency.p50Ms), over((run) => run.latency.p99Ms)].map(figure),
      figure(over((run) => run.latency.p999Ms)),
      figure(over((run) => run.serverCpuMicroseconds)),
      figure(over((run) => run.residentMegabytes)),
      faults === 0 ? '' : `${faults} of ${group.length}`,
    ];
  });
  const heading = [
    'scenario',
    'server',
    'load',
    'runs',
    'logins/s (from–to)',
    'p50 ms',
    'p99 ms',
    'p99.9 ms',
  ];
  return table([...heading, 'CPU µs', 'MB', 'faulty runs'], rows);
}

export function toMarkdown({ at, machine, findings, runs }: Results): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  const rows = findings.map(({ name, value, unit, from, to, floor, aim }) => [
    name,
    `${figure(value)} ${unit}`.trim(),
    from === to ? '' : `${figure(from)}–${figure(to)}`,
    floor,
    aim,
  ]);
  return [
    `# Benchmark of ${at}`,
    facts.join(', '),
    table(['figure', 'median', 'from–to', 'floor', 'aim'], rows),
    runTable(runs),
    '',
  ].join('\n\n');
}

const colours = ['#0b6e4f', '#c1440e', '#34568b', '#8b5e3c'];

/** Throughput and latency of the open-loop runs over what was offered; null when there are none. */
export function toPlot({ runs }: Results): string | null {
  const swept = runs.filter(({ scenario }) => scenario === 'curve');
  if (swept.length === 0) return null;
  const servers = [...Map.groupBy(swept, ({ server }) => server)].map(([name, own], index) => {
    const byLoad = [...Map.groupBy(own, ({ load }) => Number(load.split(' ')[1]))].sort(([a], [b]) => a - b);
    const line = (pick: (run: Run) => number) =>
      byLoad.map(([offered, group]) => [offered, median(group.map(pick))] as const);
    return { name, colour: colours[index % colours.length] ?? '#000', line };
  });
  const seriesOf = (pick: (run: Run) => number) =>
    servers.map(({ name, colour, line }) => ({ name, colour, points: line(pick) }));
  return drawPlot(
    [
      {
        title: 'Logins accepted',
        yTitle: 'logins/s',
        isLogarithmic: false,
        series: seriesOf((run) => run.perSecond),
      },
      {
        title: '99 of 100 logins answered within',
        yTitle: 'ms',
        isLogarithmic: true,
        series: seriesOf((run) => run.latency.p99Ms),
      },
    ],
    'logins/s offered',
  );
}
