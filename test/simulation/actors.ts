// Everybody outside the brokers: staff who log in and mistype, thieves, guessers, forgers, and an administrator.
import type { ModelDatabase } from '../store/model-store/database.ts';
import type { ModelAccount } from '../store/model-store/rows.ts';
import type { Datagram } from './broker.ts';
import { isInWindow, type Ledger } from './ledger.ts';
import { challengeIdOf, type KnownLogin } from './logins.ts';
import type { Asked, Outcome, PlayedGateway } from './played-gateway.ts';
import type { Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import { epoch, recordOfPassword, type Site, type Staff, stepAt } from './site.ts';
import type { Trace } from './trace.ts';

interface ActorDeps {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly site: Site;
  readonly database: ModelDatabase;
  readonly ledger: Ledger;
  readonly trace: Trace;
  readonly gateways: readonly PlayedGateway[];
  readonly nodes: readonly string[];
  readonly transmit: (datagram: Datagram, node: string) => void;
  /** Whether all goes well with nodes, network, store and clocks from now on until the login is over. */
  readonly isCalm: () => boolean;
}

interface Typed {
  readonly staff: Staff;
  readonly gateway: PlayedGateway;
  readonly station: string;
  readonly password: string;
  /** Called when it is typed. */
  readonly code: () => string;
}

type End = Outcome['kind'];

export class Actors {
  readonly #deps: ActorDeps;
  #serial = 0;
  /** Per account: when something other than its holder's one login last had a hand in it. */
  readonly #disturbedAt = new Map<number, number>();
  readonly #underWay = new Map<number, number>();
  /** Thieves and forgers have gone home. */
  #isQuiet = false;

  constructor(deps: ActorDeps) {
    this.#deps = deps;
  }

  // What was typed goes to a node ---------------------------------------------------------------

  async #ask(typed: Typed, secrets: Pick<KnownLogin, 'password' | 'code' | 'state'>): Promise<Outcome> {
    const { ledger, trace } = this.#deps;
    const { staff, gateway, station } = typed;
    const { facts } = gateway;
    this.#serial += 1;
    const marker = `L${this.#serial}`;
    ledger.know({
      marker,
      accountId: staff.accountId,
      gatewayId: facts.gatewayId,
      style: facts.style,
      station,
      ...secrets,
      code: secrets.code === '' ? null : secrets.code,
      receipts: [],
      isTamperedWith: false,
    });
    const text = `${secrets.password ?? ''}${secrets.code ?? ''}`;
    trace.add(`${marker} ${staff.userName} at ${facts.style} from ${station} types ${text}`);
    const asked: Asked = {
      marker,
      userName: staff.userName,
      station,
      password: text,
      state: secrets.state,
    };
    const outcome = await gateway.ask(asked);
    trace.add(`${marker} ends with ${outcome.kind}`);
    return outcome;
  }

  /** One login with all its rounds. */
  async #logIn(typed: Typed): Promise<End> {
    const { random, scheduler } = this.#deps;
    const { style } = typed.gateway.facts;
    if (style === 'appended') {
      return (await this.#ask(typed, { password: typed.password, code: typed.code(), state: null })).kind;
    }
    if (style === 'code-only') {
      return (await this.#ask(typed, { password: null, code: typed.code(), state: null })).kind;
    }
    const first = await this.#ask(typed, { password: typed.password, code: null, state: null });
    if (first.kind !== 'challenge') return first.kind;
    await new Promise<void>((resolve) => scheduler.after(random.between(500, 6_000), resolve));
    if (!this.#isQuiet && random.chance(0.3)) this.#stealState(typed, first.state);
    return (await this.#ask(typed, { password: null, code: typed.code(), state: first.state })).kind;
  }

  // Staff -------------------------------------------------------------------------------------

  /** Somebody logs in, mostly right. Where nothing got in the way, being right must be enough. */
  async staffLogsIn(): Promise<void> {
    const { random, site } = this.#deps;
    const staff = random.pick(site.staff);
    const typed = this.#typedBy(staff, random.pick(this.#deps.gateways));
    const roll = random.fraction();
    if (roll < 0.62) await this.#logInRight(typed);
    else if (roll < 0.74) await this.#disturb(typed, { password: `${staff.password}x` });
    else if (roll < 0.86) await this.#disturb(typed, { code: () => this.#wrongCode(staff) });
    else if (roll < 0.93) await this.#disturb(typed, { code: () => staff.codeAt(this.#step() - 4) });
    else await this.#disturb(typed, { code: () => '' });
  }

  #typedBy(staff: Staff, gateway: PlayedGateway): Typed {
    const { random } = this.#deps;
    // Some read the code just before the next one appears.
    const lag = random.chance(0.2) ? 1 : 0;
    const code = () => staff.codeAt(this.#step() - lag);
    return { staff, gateway, station: staff.mac, password: staff.password, code };
  }

  async #disturb(typed: Typed, change: Partial<Typed>): Promise<void> {
    this.#touch(typed.staff.accountId);
    await this.#logIn({ ...typed, ...change });
    this.#touch(typed.staff.accountId);
  }

  /** Somebody else than one holder with one login at a time has a hand in this account now. */
  #touch(accountId: number): void {
    this.#disturbedAt.set(accountId, this.#deps.scheduler.now());
  }

  async #logInRight(typed: Typed): Promise<void> {
    const { scheduler, ledger, trace, isCalm } = this.#deps;
    const { accountId } = typed.staff;
    const begunAt = scheduler.now();
    let step = -1;
    let wasUsed = false;
    const code = () => {
      step = this.#step();
      const text = typed.code();
      while (typed.staff.codeAt(step) !== text && step > 0) step -= 1;
      wasUsed = ledger.isStepClaimed(accountId, step);
      return text;
    };
    const others = this.#underWay.get(accountId) ?? 0;
    this.#underWay.set(accountId, others + 1);
    if (others > 0) this.#touch(accountId);
    const wasGood = isCalm() && this.#isWelcome(accountId, typed.station);
    const end = await this.#logIn({ ...typed, code });
    this.#underWay.set(accountId, (this.#underWay.get(accountId) ?? 1) - 1);
    const isUndisturbed =
      wasGood &&
      (this.#disturbedAt.get(accountId) ?? -1) < begunAt &&
      !ledger.wasLockedSince(accountId, begunAt) &&
      this.#isWelcome(accountId, typed.station) &&
      !wasUsed &&
      isInWindow(step, scheduler.now() + 600, 0) &&
      isInWindow(step, begunAt, 0);
    if (isUndisturbed && end !== 'accept') {
      trace.violate('who is right is let in', `${typed.staff.userName} got ${end}`);
    }
  }

  #isWelcome(accountId: number, station: string): boolean {
    const { database, site, scheduler } = this.#deps;
    const row = database.rows.accounts.get(accountId);
    const now = epoch + scheduler.now();
    return (
      row !== undefined &&
      row.status === 'active' &&
      row.suspension === null &&
      row.validUntil - now > 3_000 &&
      (site.policy.workstationMode === 'observe' || this.#macsOf(row).includes(station))
    );
  }

  #macsOf(row: ModelAccount): string[] {
    return row.workstations.flatMap(({ workstationId }) => {
      const machine = this.#deps.database.rows.workstations.get(workstationId);
      return machine?.identifiers.map((key) => key.replace('mac:', '')) ?? [];
    });
  }

  /** After the storm: everybody logs in once more, and hears a plain yes or a justified no. */
  async everybodyLogsIn(): Promise<void> {
    const { site, random, gateways, trace, ledger, scheduler } = this.#deps;
    this.#isQuiet = true;
    await Promise.all(
      site.staff.map(async (staff) => {
        const isWelcome = this.#isWelcome(staff.accountId, staff.mac);
        const isLocked = ledger.wasLockedSince(staff.accountId, scheduler.now());
        const code = () => staff.codeAt(this.#step());
        const end = await this.#logIn({ ...this.#typedBy(staff, random.pick(gateways)), code });
        const expected = isWelcome && !isLocked ? ['accept'] : ['accept', 'reject'];
        if (!expected.includes(end)) {
          trace.violate('service comes back by itself', `${staff.userName} got ${end}`);
        }
      }),
    );
  }

  // Thieves and guessers ------------------------------------------------------------------------

  #step(): number {
    return stepAt(this.#deps.scheduler.now());
  }

  /** None of the codes near now. */
  #wrongCode(staff: Staff): string {
    const { random } = this.#deps;
    const step = this.#step();
    const near = new Set([-2, -1, 0, 1, 2].map((offset) => staff.codeAt(step + offset)));
    for (;;) {
      const code = String(random.between(0, 999_999)).padStart(6, '0');
      if (!near.has(code)) return code;
    }
  }

  #foreignStation(): string {
    return `203.0.113.${this.#deps.random.between(1, 6)}`;
  }

  /** Many guesses at once, over all gateways and nodes. The password may have leaked, the machine's address be known. */
  async guess(): Promise<void> {
    const { random, site, gateways } = this.#deps;
    const staff = random.pick(site.staff);
    const knowsPassword = random.chance(0.7);
    const station = random.chance(0.6) ? staff.mac : this.#foreignStation();
    this.#touch(staff.accountId);
    const guesses = Array.from({ length: random.between(3, 9) }, async () => {
      const typed = {
        staff,
        station,
        gateway: random.pick(gateways),
        password: knowsPassword ? staff.password : 'guessed',
        code: () => this.#wrongCode(staff),
      };
      await this.#pause(40);
      if (typed.gateway.facts.style !== 'challenge') {
        await this.#logIn(typed);
        return;
      }
      const first = await this.#ask(typed, { password: typed.password, code: null, state: null });
      if (first.kind !== 'challenge') return;
      const { state } = first;
      // One State, several answers at once.
      await Promise.all(
        [1, 2].map(() => this.#ask(typed, { password: null, code: this.#wrongCode(staff), state })),
      );
    });
    await Promise.all(guesses);
    this.#touch(staff.accountId);
  }

  #pause(mostMs: number): Promise<void> {
    const { scheduler, random } = this.#deps;
    return new Promise((resolve) => scheduler.after(random.between(0, mostMs), resolve));
  }

  /** The State of one login in other hands: another account, gateway or machine, or the same ones and the right code. */
  #stealState(typed: Typed, state: string): void {
    const { random, site, gateways, scheduler, trace } = this.#deps;
    const { staff } = typed;
    this.#touch(staff.accountId);
    trace.add(`the State ${challengeIdOf(state)} of ${staff.userName} is stolen`);
    const thief = random.pick(site.staff);
    const as: Typed = {
      ...typed,
      ...(random.chance(0.3) ? { staff: thief, code: () => thief.codeAt(this.#step()) } : {}),
      ...(random.chance(0.3) ? { gateway: random.pick(gateways) } : {}),
      ...(random.chance(0.3) ? { station: this.#foreignStation() } : {}),
    };
    this.#touch(as.staff.accountId);
    const code = random.chance(0.7) ? as.code() : this.#wrongCode(as.staff);
    scheduler.after(random.between(0, 8_000), () => {
      void this.#ask(as, { password: null, code, state }).then(() => {
        this.#touch(as.staff.accountId);
        this.#touch(staff.accountId);
      });
    });
  }

  /** What passes by is copied, replayed and forged. */
  onMade(asked: Asked, datagram: Datagram, node: string): void {
    const { random, scheduler, transmit, ledger, site } = this.#deps;
    const login = ledger.find(asked.marker);
    const staff = site.staff.find(({ accountId }) => accountId === login?.accountId);
    if (login === undefined || staff === undefined || this.#isQuiet) return;
    if (random.chance(0.08)) {
      login.isTamperedWith = true;
      this.#touch(staff.accountId);
      const target = random.chance(0.7) ? node : random.pick(this.#deps.nodes);
      scheduler.after(random.between(0, random.chance(0.5) ? 5_000 : 50_000), () => {
        this.#touch(staff.accountId);
        transmit(datagram, target);
      });
    }
    if (login.code !== null && login.state === null && random.chance(0.1)) this.#stealCode(staff, login.code);
    if (random.chance(0.12)) this.#forge(datagram, node);
  }

  /** Somebody who looked over the holder's shoulder. */
  #stealCode(staff: Staff, code: string): void {
    const { random, scheduler, gateways } = this.#deps;
    this.#touch(staff.accountId);
    const { password } = staff;
    const station = random.chance(0.5) ? staff.mac : this.#foreignStation();
    const typed = { staff, station, password, gateway: random.pick(gateways), code: () => code };
    scheduler.after(random.between(0, random.chance(0.5) ? 200 : 40_000), () => {
      this.#touch(staff.accountId);
      void this.#logIn(typed).then(() => this.#touch(staff.accountId));
    });
  }

  /** Datagrams with a gateway's address, made without its secret, while the gateway's own is under way. */
  #forge(datagram: Datagram, node: string): void {
    const { random, scheduler, transmit } = this.#deps;
    const octets = Buffer.from(datagram.octets);
    // Either another authenticator, or the same one around something else.
    if (random.chance(0.5)) random.bytes(16).copy(octets, 4);
    else octets[octets.length - 1] = (octets[octets.length - 1] ?? 0) ^ 1;
    for (let copies = random.between(1, 3); copies > 0; copies -= 1) {
      scheduler.after(random.between(0, 1_500), () => {
        transmit({ ...datagram, octets, isGenuine: false }, node);
      });
    }
  }

  // The administrator ---------------------------------------------------------------------------

  async administrate(): Promise<void> {
    const { random, site, scheduler, database, trace } = this.#deps;
    const staff = random.pick(site.staff);
    const { accountId } = staff;
    this.#touch(accountId);
    const locks = database.lock([accountId]);
    await locks.held;
    await this.#pause(30);
    const row = database.rows.accounts.get(accountId);
    if (row !== undefined) {
      const [verb, change] = this.#drawChange(staff, row);
      database.rows.accounts.set(accountId, { ...row, ...change, revision: row.revision + 1 });
      trace.add(`administrator: ${verb} ${staff.userName}`);
    }
    locks.release();
    this.#touch(accountId);
    if (random.chance(0.3)) scheduler.after(random.between(1_000, 20_000), () => void this.administrate());
  }

  #drawChange(staff: Staff, row: ModelAccount): [string, Partial<ModelAccount>] {
    const { random, site, scheduler, database } = this.#deps;
    const now = epoch + scheduler.now();
    const roll = random.fraction();
    if (roll < 0.3) {
      if (row.suspension !== null) return ['resumes', { suspension: null }];
      return ['suspends', { suspension: { detail: 'leak', since: now, by: 'centre' } }];
    }
    if (roll < 0.4) return ['retires', { status: 'withdrawn' }];
    if (roll < 0.6) return ['extends', { validUntil: now + 86_400_000 }];
    if (roll < 0.75) return ['shortens', { validUntil: now + random.between(0, 20_000) }];
    if (roll < 0.9) {
      staff.mac = site.newMac();
      const workstationId = database.rows.workstations.size;
      return ['moves', { workstations: [{ workstationId, validFrom: now - 2_000, validUntil: null }] }];
    }
    staff.password = `${staff.password}+`;
    return ['gives a new password to', { passwordPhc: recordOfPassword(staff.password) }];
  }
}
