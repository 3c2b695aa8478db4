// Processors: which a process may use, and what it has used of them.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether processes can be pinned to processors here. */
export const canPin = hasTaskset();

/** The command, pinned to processors (`0`, `0,1`) where that is possible. `taskset` becomes the command: same process id. */
export function pinned(
  processors: string | null,
  command: string,
  parameters: readonly string[],
): [string, string[]] {
  return processors === null || !canPin
    ? [command, [...parameters]]
    : ['taskset', ['-c', processors, command, ...parameters]];
}

/** After the name, which may hold anything in parentheses. */
function statOf(pid: number | string): { parent: number; ticks: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}

/** Seconds of processor time that a process and its descendants have used so far (Linux; elsewhere 0). */
export function cpuSeconds(pid: number): number {
  const stats = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : null;
    if (stat !== null) stats.set(Number(name), stat);
  }
  let ticks = 0;
  for (const start of stats.keys()) {
    let at = start;
    while (at !== pid && stats.has(at)) at = stats.get(at)?.parent ?? 0;
    if (at === pid) ticks += stats.get(start)?.ticks ?? 0;
  }
  return ticks / ticksPerSecond;
}

/** Resident memory of a process in megabytes: now, and the most so far. */
export function residentMegabytes(pid: number): { now: number; most: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { now: kilobytes('VmRSS') / 1024, most: kilobytes('VmHWM') / 1024 };
}

/** Ends a process as an operator would, and waits for it. */
export async function stopProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
