// Administrators at work while people log in: browsers that go from page to page, and exports of everybody, one after the other.
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { openServices } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createToken } from '../../src/services/web/api-tokens.ts';
import { createHistogram, type LatencySummary } from './histogram.ts';
import type { Site } from './site.ts';
import { benchLog } from './site.ts';

/** What pages of the console ask for, as they are opened one after the other. */
const pages = [
  '/overview',
  '/accounts',
  '/accounts?q=ng',
  '/sessions',
  '/decisions?limit=50',
  '/search?q=tran',
  '/rollout',
  '/alerts',
] as const;
const exported = '/rollout/missing';
const thinkMs = 250;

export interface ConsoleLoad {
  /** Of the pages' requests. */
  readonly pages: LatencySummary;
  readonly exports: number;
  /** Lines of the last export, its heading included. */
  readonly exportedRows: number;
  readonly longestExportMs: number;
  /** Answers that were no success. */
  readonly failed: number;
}

/** A token that reads, made before the broker has the store. */
export async function makeReader({ config }: Site): Promise<string> {
  const services = await openServices(config, { clock: systemClock, random: systemRandom, log: benchLog });
  try {
    const deps = { ...services, by: { name: 'bench', via: 'command line' } as const };
    const scopes = [
      'overview.read',
      'account.read',
      'session.read',
      'decision.read',
      'search.use',
      'alert.read',
    ] as const;
    return (await createToken(deps, { name: 'bench', scopes, days: 1 })).token;
  } finally {
    await services.close();
  }
}

/** One request; what came back, as text. */
function ask(port: number, token: string, path: string, from: { agent: Agent; localAddress: string }) {
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const sent = request(
      {
        ...from,
        host: '127.0.0.1',
        port,
        path: `/api/v1${path}`,
        headers: { authorization: `Bearer ${token}` },
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
        );
        answer.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

/** The console opens a moment after the gateways' port. */
async function untilOpen(port: number, token: string): Promise<void> {
  const agent = new Agent();
  for (let tries = 0; tries < 100; tries += 1) {
    const isOpen = await ask(port, token, pages[0], { agent, localAddress: '127.0.2.254' }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (isOpen) return;
    await delay(100);
  }
  throw new Error('the console does not answer');
}

/** Begins; `stop` ends it when what is under way has come back. */
export async function startConsoleLoad(port: number, token: string, browsers: number) {
  await untilOpen(port, token);
  const histogram = createHistogram();
  const found = { exports: 0, exportedRows: 0, longestExportMs: 0, failed: 0 };
  let isOver = false;
  const agents: Agent[] = [];

  /** Each from an address of its own: the console limits what one client asks. */
  function client(index: number) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    return { agent, localAddress: `127.0.2.${1 + index}` };
  }

  async function browse(index: number): Promise<void> {
    const from = client(index);
    for (let step = index; !isOver; step += 1) {
      const startedAt = performance.now();
      const { status } = await ask(port, token, pages[step % pages.length] ?? pages[0], from);
      histogram.add(performance.now() - startedAt);
      if (status !== 200) found.failed += 1;
      await delay(thinkMs);
    }
  }

  async function exportAll(): Promise<void> {
    const from = client(browsers);
    while (!isOver) {
      const startedAt = performance.now();
      const { status, text } = await ask(port, token, exported, from);
      found.longestExportMs = Math.max(found.longestExportMs, performance.now() - startedAt);
      if (status !== 200) found.failed += 1;
      found.exports += 1;
      found.exportedRows = text.split('\r\n').length - 1;
    }
  }

  const work = Promise.all([...Array.from({ length: browsers }, (_, index) => browse(index)), exportAll()]);
  return {
    async stop(): Promise<ConsoleLoad> {
      isOver = true;
      await work;
      for (const agent of agents) agent.destroy();
      return { pages: histogram.summary(), ...found };
    },
  };
}
