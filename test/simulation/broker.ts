// One broker node: the real listener, authenticator, challenges and decision writer, over simulated sockets, time and store.
import type { Clock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import type { RadiusServer } from '../../src/radius-server/server.ts';
import type { BoundSocket } from '../../src/radius-server/udp-listener.ts';
import { createClockWatch } from '../../src/services/clock-watch.ts';
import { noFirstFactors } from '../../src/services/first-factor/first-factors.ts';
import type { Passwords } from '../../src/services/passwords/passwords.ts';
import type { ModelDatabase } from '../store/model-store/database.ts';
import { openModelStore } from '../store/model-store/store.ts';
import type { Judge } from './judge.ts';
import type { Parts } from './parts.ts';
import { beginLife, type Life, type Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import { epoch, recordOfPassword, type Site } from './site.ts';
import type { Trace } from './trace.ts';
import type { Weather } from './weather.ts';

export interface Datagram {
  readonly octets: Buffer;
  readonly from: { readonly address: string; readonly port: number };
  /** Made by the gateway that the address belongs to, or a copy of what it made. */
  readonly isGenuine: boolean;
}

export const rejectDelayMs = 1_000;
const clockComparisonMs = 1_000;

type OnDatagram = Parameters<
  NonNullable<Parameters<Parts['createRadiusServer']>[0]['openListener']>
>[1]['onDatagram'];

export interface BrokerDeps {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly site: Site;
  readonly database: ModelDatabase;
  readonly weather: Weather;
  readonly parts: Parts;
  readonly judge: Judge;
  readonly trace: Trace;
  /** What the node sends. */
  readonly transmit: (octets: Buffer, to: { address: string; port: number }) => void;
}

/** A machine that runs the broker: it may crash and boot again, and its wall clock may be wrong. */
export class Broker {
  readonly name: string;
  readonly #deps: BrokerDeps;
  /** Of the wall clock, ms. */
  #clockOffset: number;
  readonly #properOffset: number;
  #life: Life | null = null;
  #incarnation = 0;
  #onDatagram: OnDatagram | null = null;

  constructor(deps: BrokerDeps) {
    this.name = deps.name;
    this.#deps = deps;
    this.#properOffset = deps.random.between(-300, 300);
    this.#clockOffset = this.#properOffset;
  }

  get isUp(): boolean {
    return this.#life !== null;
  }

  /** What the node's wall clock says. */
  now(): number {
    return epoch + this.#deps.scheduler.now() + this.#clockOffset;
  }

  /** The wall clock jumps away from the right time, or back to it. */
  setClockOffset(ms: number): void {
    this.#clockOffset = this.#properOffset + ms;
    this.#deps.trace.add(`${this.name} clock off by ${ms} ms`);
  }

  crash(): void {
    if (this.#life === null) return;
    this.#deps.trace.add(`${this.name} crashes`);
    this.#life.end();
    this.#life = null;
    this.#onDatagram = null;
    this.#deps.judge.onCrash(this.name);
  }

  async boot(): Promise<void> {
    const { scheduler, random, site, database, weather, parts, judge, trace } = this.#deps;
    const life = beginLife(scheduler);
    this.#life = life;
    this.#incarnation += 1;
    trace.add(`${this.name} boots`);
    const booted = scheduler.now() - random.between(0, 1_000_000);
    const clock: Clock = { now: () => this.now(), monotonic: () => scheduler.now() - booted };
    const log = this.#createLog();
    const own = random.fork();
    const store = openModelStore({
      database,
      node: this.name,
      clock,
      random: own,
      log,
      lanes: random.between(1, 2),
      applyBatch: parts.applyBatch,
      faults: weather.store,
      time: {
        wait: (ms) => life.wait(ms),
        afterTick: (task) => life.after(0, task),
        afterAtDatabase: (ms, task) => scheduler.after(ms, task),
        onEnd: (task) => life.onEnd(task),
      },
    });
    const clockWatch = createClockWatch({ clock, log, lastInstant: 0 });
    const compareClocks = () => {
      const there = epoch + scheduler.now();
      clockWatch.compareWithDatabase(there, clock.now(), clock.now());
      clockWatch.check();
      life.after(clockComparisonMs, compareClocks);
    };
    // Clocks that never go wrong need not be looked at, which takes most of the events of a quiet run.
    if (weather.clockJumps > 0) compareClocks();
    const { authenticate } = parts.createAuthenticator({
      store: parts.decisions(store),
      keyring: site.keyring,
      passwords: this.#createPasswords(life, clock),
      challenges: parts.createChallenges({ keyring: site.keyring, random: own, clock }),
      settings: site.settings,
      firstFactors: noFirstFactors,
      clock,
      random: own,
      log,
      node: this.name,
      isClockStable: () => clockWatch.check().stable,
      answerWithinMs: 30_000,
    });
    const server: RadiusServer = parts.createRadiusServer({
      config: { listen: [], receiveBufferBytes: 0, rejectDelayMs },
      settings: site.settings,
      authenticate: (login) => judge.observeDecision(() => authenticate(login)),
      isHealthy: () => true,
      onMessageAuthenticatorSeen: () => {},
      clock,
      random: own,
      log,
      timers: { after: (ms, task) => life.after(ms, task) },
      openListener: async (_endpoints, { onDatagram }) => {
        this.#onDatagram = onDatagram;
        // No address comes or goes: a scan that never ends is not followed by another.
        const rescan = () => new Promise<void>(() => {});
        return { sockets: [this.#createSocket(life)], rescan, close: async () => {} };
      },
    });
    await server.start();
  }

  #createSocket(life: Life): BoundSocket {
    const { judge, transmit } = this.#deps;
    const incarnation = this.#incarnation;
    return {
      name: `${this.name}:1812`,
      address: this.name,
      port: 1812,
      receiveBufferBytes: 0,
      send: (reply, port, address) => {
        if (life.isOver) return;
        const octets = Buffer.from(reply);
        judge.onSend({ node: this.name, incarnation, octets, to: { address, port } });
        transmit(octets, { address, port });
      },
    };
  }

  /** Argon2's place: the verdict is right at once and comes after a while. Only the order of events is simulated. */
  #createPasswords(life: Life, clock: Clock): Passwords {
    const { weather } = this.#deps;
    return {
      hash: async (password) => recordOfPassword(password),
      async check({ phc, password, deadline }) {
        const takes = weather.hashMs();
        if (clock.monotonic() + takes > deadline) return 'overloaded';
        await life.wait(takes);
        return phc === recordOfPassword(password) ? 'right' : 'wrong';
      },
      pressure: () => weather.pressure(),
    };
  }

  #createLog(): Log {
    const { trace } = this.#deps;
    const log: Log = {
      debug() {},
      info() {},
      warn() {},
      error: (fields, message) => {
        if (message.startsWith('the clock')) return;
        const { err } = fields;
        const cause = err instanceof Error ? (err.stack ?? err.message) : JSON.stringify(fields);
        trace.violate('no defect', `${this.name}: ${message}: ${cause}`);
      },
      child: () => log,
    };
    return log;
  }

  receive({ octets, from, isGenuine }: Datagram): void {
    if (this.#onDatagram === null || this.#life === null) return;
    const { judge } = this.#deps;
    judge.onArrival({ node: this.name, incarnation: this.#incarnation, octets, from, isGenuine });
    this.#onDatagram(this.#createSocket(this.#life), Buffer.from(octets), from.address, from.port);
    judge.afterArrival();
  }
}
