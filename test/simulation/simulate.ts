// One run: two nodes over one store, everybody who wants something of them, and whatever goes wrong, all out of one seed.
import { verifyAudit } from '../../src/store/audit/verify.ts';
import { ModelDatabase } from '../store/model-store/database.ts';
import { Actors } from './actors.ts';
import { Broker, type Datagram } from './broker.ts';
import { Judge } from './judge.ts';
import { Ledger } from './ledger.ts';
import { type Parts, realParts } from './parts.ts';
import { PlayedGateway } from './played-gateway.ts';
import { createScheduler } from './scheduler.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createSite, gateways as gatewayFacts } from './site.ts';
import { Trace, type Violation } from './trace.ts';
import { drawWeather } from './weather.ts';

const nodeNames = ['node-a', 'node-b'] as const;

/** Nothing new begins after this; ms. */
const actionsUntil = 100_000;
/** Every gateway has given up and every copy has arrived by then. */
const quietAt = 190_000;
/** Clocks are trusted again a minute after they were set right. */
const wellAt = quietAt + 70_000;
const endAt = wellAt + 40_000;

export interface Run {
  readonly seed: number;
  readonly violation: Violation | null;
  /** How often each outcome was recorded. */
  readonly outcomes: Readonly<Record<string, number>>;
}

export interface TracedRun extends Run {
  /** Up to the violation if there was one. */
  readonly trace: readonly string[];
  readonly hash: string;
}

/** Plays a seed and keeps its trace. The same seed and parts give the same run, to the last line. */
export async function replay(seed: number, parts: Parts = realParts): Promise<TracedRun> {
  const { run, trace } = await play(seed, parts, true);
  return { ...run, trace: trace.lines(), hash: trace.hash() };
}

/** Plays a seed without a trace, which is cheaper; `replay` tells how a violation came about. */
export async function simulate(seed: number, parts: Parts = realParts): Promise<Run> {
  return (await play(seed, parts, false)).run;
}

async function play(seed: number, parts: Parts, isTraced: boolean): Promise<{ run: Run; trace: Trace }> {
  const scheduler = createScheduler();
  const now = () => scheduler.now();
  const trace = new Trace(now, isTraced);
  const random = createSeededRandom(seed);
  const weather = drawWeather(random.fork());
  const database = new ModelDatabase();
  const site = createSite(database, random.fork(), weather);
  const ledger = new Ledger({ database, site, trace, now });
  const judge = new Judge({ ledger, site, trace, now });
  trace.add(
    `${weather.isCalm ? 'calm' : 'stormy'}, ${site.staff.length} accounts, ${site.policy.workstationMode}`,
  );

  const toNode = (datagram: Datagram, name: string) => {
    for (const ms of weather.deliveries()) {
      scheduler.after(ms, () => brokers.find((broker) => broker.name === name)?.receive(datagram));
    }
  };
  const brokers = nodeNames.map(
    (name) =>
      new Broker({
        name,
        scheduler,
        random: random.fork(),
        site,
        database,
        weather,
        parts,
        judge,
        trace,
        transmit: (octets, { address }) => {
          const gateway = gateways.find(({ facts }) => facts.address === address);
          for (const ms of weather.deliveries()) {
            scheduler.after(ms, () => gateway?.receive(name, octets));
          }
        },
      }),
  );
  const gateways = gatewayFacts.map(
    (facts): PlayedGateway =>
      new PlayedGateway({
        facts,
        scheduler,
        random: random.fork(),
        nodes: nodeNames,
        transmit: toNode,
        onMade: (asked, datagram, node) => actors.onMade(asked, datagram, node),
      }),
  );
  const actors: Actors = new Actors({
    scheduler,
    random: random.fork(),
    site,
    database,
    ledger,
    trace,
    gateways,
    nodes: nodeNames,
    transmit: toNode,
    isCalm: () => weather.isCalm,
  });

  for (const broker of brokers) await broker.boot();
  schedule(random.fork());
  await scheduler.runUntil(quietAt);
  weather.clear();
  for (const broker of brokers) if (!broker.isUp) await broker.boot();
  await scheduler.runUntil(wellAt);
  void actors.everybodyLogsIn();
  await scheduler.runUntil(endAt);
  const verification = await verifyAudit(database.audit(), { checkpoints: [], keys: [] });
  if (!verification.sound) trace.violate('the chain verifies', JSON.stringify(verification.first));
  return { run: { seed, violation: trace.violation, outcomes: countOutcomes() }, trace };

  function schedule(draw: typeof random): void {
    const times = (count: number, act: () => unknown) => {
      for (let index = 0; index < count; index += 1) {
        scheduler.after(draw.between(100, actionsUntil), () => void act());
      }
    };
    times(draw.between(4, 10), () => actors.staffLogsIn());
    times(draw.pick([0, 0, 1, 2]), () => actors.guess());
    times(draw.pick([0, 1, 2, 4]), () => actors.administrate());
    times(weather.crashes, () => {
      const broker = draw.pick(brokers);
      broker.crash();
      scheduler.after(draw.between(100, 15_000), () => {
        if (!broker.isUp) void broker.boot();
      });
    });
    times(weather.clockJumps, () => {
      const broker = draw.pick(brokers);
      broker.setClockOffset(draw.pick([-600_000, -90_000, -31_000, 31_000, 90_000, 600_000]));
      scheduler.after(draw.between(50, 40_000), () => broker.setClockOffset(0));
    });
  }

  function countOutcomes(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { records } of database.rows.chains.values()) {
      for (const { record } of records) {
        if (record.kind !== 'decision') continue;
        const name = record.reason === null ? record.outcome : `${record.outcome} ${record.reason}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
    return counts;
  }
}
