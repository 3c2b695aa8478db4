// Carrying out orders to end sessions: asked of the gateway again and again until its accounting says that it is done.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { raiseAlert } from '../../store/queries/alerts.ts';
import {
  type CutOfSession,
  type CutRow,
  claimCuts,
  hasOtherSession,
  listDueCuts,
  noteAttempts,
} from '../../store/queries/cuts.ts';
import { findSession, saveSession } from '../../store/queries/sessions.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import type { EncodedAttribute } from '../../wire/radius/attribute.ts';
import { identifyingAttributes } from '../../wire/radius/profile/disconnect.ts';
import type { Profile } from '../../wire/radius/profile/parse.ts';
import type { CoaTarget } from '../settings/coa-targets.ts';
import type { Settings } from '../settings/settings.ts';
import type { ControlTarget, TunnelAnswer, TunnelEnder } from './control.ts';
import type { ConnectionDisconnector, DisconnectAnswer, Disconnector } from './disconnector.ts';
import { recordCut, recordCuts, settleCutsOf } from './order.ts';

interface CutterDeps {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly settings: {
    current(): Pick<
      ReturnType<Settings['current']>,
      'gateways' | 'findCoaTarget' | 'findDisconnectClient' | 'findControl' | 'realms'
    >;
    refresh(): Promise<void>;
  };
  readonly disconnector: Disconnector;
  readonly connections: ConnectionDisconnector;
  /** No other node carries out orders. */
  readonly isAlone: boolean;
  readonly tunnels: TunnelEnder;
  readonly clock: Clock;
  readonly log: Log;
}

interface CutCounters {
  /** Attempts by what came of them. */
  readonly attempts: Readonly<Record<Attempt['kind'], number>>;
}

export interface Cutter {
  /** Begins what is due and does not wait for the gateways. How many were begun. */
  runDue(): Promise<number>;
  counters(): CutCounters;
  /** Resolves when what was begun is noted. */
  idle(): Promise<void>;
  /** Begins nothing more; resolves when what was begun is noted. */
  stop(): Promise<void>;
}

type Attempt =
  | DisconnectAnswer
  | TunnelAnswer
  /** The gateway can't be told: its profile has no way, or its address is not known. */
  | { readonly kind: 'impossible'; readonly error: string }
  /** The gateway has not said yet what it knows the session by. */
  | { readonly kind: 'unidentified'; readonly error: string };

interface Note {
  readonly cut: CutOfSession;
  readonly attempt: Attempt;
}

const batch = 512;
/** Longer than an attempt lasts: a node that dies in the middle of one leaves the order to the next. */
const claimMs = 45_000;
/** After an ACK, how long the Accounting-Stop may take. */
const confirmWithinMs = 10_000;
const firstPauseMs = 5_000;
const longestPauseMs = 600_000;
const impossiblePauseMs = 3_600_000;
/** For so long an order is left to a node that has the gateway's connection, before another one tries without. */
const leftToOthersMs = 2_000;
/** While a client may come back by itself, or a tunnel may still be in the making. */
const waitingPauseMs = 1_000;
/** An order that is not confirmed after as many attempts, or as long, is somebody's business. */
const attemptsBeforeAlert = 3;
const alertAfterMs = 30_000;
/** Attempts noted in one write: decisions wait for its turn to be over. */
const notesInOneWrite = 100;

/** Tells what came of an attempt, for people. */
function errorOf(attempt: Attempt): string | null {
  switch (attempt.kind) {
    case 'ack':
    case 'gone':
      return null;
    case 'nak':
      return `NAK ${attempt.errorCause ?? 'without a cause'}`;
    case 'no-answer':
      return 'no answer';
    default:
      return attempt.error;
  }
}

function pauseAfter(attempt: Attempt, attempts: number): number {
  const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, 10));
  if (attempt.kind === 'impossible') return impossiblePauseMs;
  if (attempt.kind === 'waiting') return waitingPauseMs;
  return attempt.kind === 'ack' ? Math.max(confirmWithinMs, pause) : pause;
}

/** The order after an attempt. Nothing but accounting confirms it: an ACK is a promise. */
function afterAttempt(cut: CutOfSession, attempt: Attempt, now: number) {
  const attempts = cut.attempts + 1;
  const isPendingUnknown =
    (attempt.kind === 'unidentified' || attempt.kind === 'waiting') && cut.session.state === 'pending';
  const isOverdue = attempts >= attemptsBeforeAlert || now - cut.orderedAt >= alertAfterMs;
  const state: CutRow['state'] =
    attempt.kind === 'impossible'
      ? 'impossible'
      : cut.state === 'unconfirmed' || (isOverdue && !isPendingUnknown)
        ? 'unconfirmed'
        : attempt.kind === 'ack'
          ? 'acknowledged'
          : 'ordered';
  return {
    state,
    attempts,
    dueAt: now + pauseAfter(attempt, attempts),
    lastError: errorOf(attempt) ?? cut.lastError,
    acknowledgedAt: attempt.kind === 'ack' ? now : cut.acknowledgedAt,
    isAlarming: (state === 'unconfirmed' || state === 'impossible') && state !== cut.state,
  };
}

/** Creates what carries orders out, one for each process; any number of nodes may run at once. */
export function createCutter(deps: CutterDeps): Cutter {
  const { store, settings, disconnector, connections, isAlone, tunnels, clock, log } = deps;
  const counts: Record<Attempt['kind'], number> = {
    ack: 0,
    nak: 0,
    'no-answer': 0,
    unsent: 0,
    impossible: 0,
    unidentified: 0,
    gone: 0,
    waiting: 0,
  };
  const atWork = new Set<Promise<void>>();
  /** Orders that are left to other nodes, and (monotonic) since when. */
  let leftSince: ReadonlyMap<number, number> = new Map();
  let notes: Note[] = [];
  let noting: Promise<void> | null = null;
  let isStopping = false;

  async function tryOnce(cut: CutOfSession): Promise<Attempt> {
    const { gatewayId, identification } = cut.session;
    const snapshot = settings.current();
    const gateway = snapshot.gateways.get(gatewayId);
    if (gateway === undefined) return { kind: 'impossible', error: 'the gateway is not declared any more' };
    const { profile } = gateway;
    const control = snapshot.findControl(gatewayId);
    if (control !== null) return await endByControl(cut, control, snapshot.realms, profile);
    if (profile.disconnect.method === 'none') {
      return { kind: 'impossible', error: `${profile.title} takes no Disconnect-Request` };
    }
    if (cut.reason === 'given-way' && profile.disconnect.ends === 'user') {
      return { kind: 'impossible', error: 'it would end the newer session too' };
    }
    const clientId = snapshot.findDisconnectClient(gatewayId);
    const target = snapshot.findCoaTarget(gatewayId);
    if (clientId === null && target === null)
      return { kind: 'impossible', error: 'the gateway has no coaAddress' };
    const known: Record<string, string> = {
      'User-Name': cut.userName,
      ...(gateway.nasIdentifier === null ? {} : { 'NAS-Identifier': gateway.nasIdentifier }),
      ...(gateway.nasIpAddress === null ? {} : { 'NAS-IP-Address': gateway.nasIpAddress }),
      ...(identification === null ? {} : (JSON.parse(identification) as Record<string, string>)),
    };
    const { attributes, missing } = identifyingAttributes(profile, known);
    if (missing.length > 0) return { kind: 'unidentified', error: `not known yet: ${missing.join(', ')}` };
    if (clientId !== null) {
      const answer = await connections.disconnect(clientId, attributes);
      if (answer?.kind === 'ack' || answer?.kind === 'nak') return answer;
      if (target === null) return answer ?? { kind: 'unsent', error: 'the gateway has no connection open' };
    }
    return await askByAddress(cut, target, profile, attributes);
  }

  async function askByAddress(
    cut: CutOfSession,
    target: CoaTarget | null,
    profile: Profile,
    attributes: readonly EncodedAttribute[],
  ): Promise<Attempt> {
    // While a secret is being changed the gateway may have either: every other attempt is made with the next one.
    const secret = target?.secrets[cut.attempts % target.secrets.length];
    if (target === null || secret === undefined)
      return { kind: 'impossible', error: 'the gateway has no secret' };
    const { host, port } = target;
    return await disconnector.disconnect({ host, port: port ?? profile.disconnect.port, secret }, attributes);
  }

  /** A tunnel that is not there is the end of a live session; one that just logged in may have none yet. */
  async function endByControl(
    cut: CutOfSession,
    control: ControlTarget,
    realms: readonly string[],
    profile: Profile,
  ): Promise<Attempt> {
    const { session, userName } = cut;
    const { station, framedIpAddress, acctSessionId, identification } = session;
    const known = identification === null ? {} : (JSON.parse(identification) as Record<string, string>);
    const calledAs = known['User-Name'] ?? null;
    const isOnly = !(await store.read((db) => hasOtherSession(db, session)));
    const order = { userName, calledAs, station, framedIpAddress, acctSessionId, isOnly };
    const answer = await tunnels.end(control, order, realms);
    const age = clock.now() - session.startedAt;
    const mayStillCome = session.state === 'pending' && age < profile.accounting.startWithinSeconds * 1_000;
    return answer.kind === 'gone' && !answer.wasThere && mayStillCome
      ? { kind: 'waiting', error: 'the login has no tunnel yet' }
      : answer;
  }

  /** Not what is for a connection that only another node may have: that node gets the first chance. */
  async function chooseWhatMayBeDone(due: readonly CutOfSession[]): Promise<readonly CutOfSession[]> {
    const { findDisconnectClient } = settings.current();
    const clientOf = ({ session }: CutOfSession) => findDisconnectClient(session.gatewayId);
    if (isAlone || due.every((cut) => clientOf(cut) === null)) return due;
    const here = await connections.connected();
    const now = clock.monotonic();
    const left = new Map<number, number>();
    const chosen = due.filter((cut) => {
      const clientId = clientOf(cut);
      if (clientId === null || here.has(clientId)) return true;
      const since = leftSince.get(cut.id) ?? now;
      if (now - since >= leftToOthersMs) return true;
      left.set(cut.id, since);
      return false;
    });
    leftSince = left;
    return chosen;
  }

  async function attempt(cut: CutOfSession): Promise<void> {
    let outcome: Attempt;
    try {
      outcome = await tryOnce(cut);
    } catch (error) {
      // What a gateway said of itself can't be sent back: that one order is lost, not the others.
      log.error({ err: error, cut: cut.id }, 'a Disconnect-Request could not be made');
      outcome = { kind: 'unsent', error: 'the request could not be made' };
    }
    counts[outcome.kind] += 1;
    notes.push({ cut, attempt: outcome });
    noting ??= noteAll();
    await noting;
  }

  async function noteAll(): Promise<void> {
    try {
      while (notes.length > 0) {
        // Answers that arrive together are noted together.
        await new Promise((resolve) => setImmediate(resolve));
        const some = notes.slice(0, notesInOneWrite);
        notes = notes.slice(notesInOneWrite);
        await store.write((db) => noteSome(db, some));
      }
    } catch (error) {
      // The claim runs out, and whoever is alive then tries once more.
      notes = [];
      log.error({ err: error }, 'attempts to cut sessions could not be noted');
    } finally {
      noting = null;
    }
  }

  async function noteSome(db: Db, some: readonly Note[]): Promise<void> {
    const now = clock.now();
    for (const { cut, attempt } of some) if (attempt.kind === 'gone') await noteGone(db, cut, now);
    const others = some
      .filter(({ attempt }) => attempt.kind !== 'gone')
      .map(({ cut, attempt }) => ({ cut, after: afterAttempt(cut, attempt, now) }));
    for (const alike of Map.groupBy(others, ({ after }) => JSON.stringify(after)).values()) {
      const [{ after } = { after: null }] = alike;
      if (after === null) continue;
      const { isAlarming, ...columns } = after;
      const noted = await noteAttempts(
        db,
        alike.map(({ cut }) => cut.id),
        columns,
      );
      const changed = alike
        .filter(({ cut }) => noted.has(cut.id) && cut.state !== columns.state)
        .map(({ cut }) => ({ ...cut, ...columns }));
      if (isAlarming) for (const cut of changed) await sayAlarming(db, cut, now);
      else await recordCuts(db, changed, { verb: `session.cut-${columns.state}`, at: now });
    }
  }

  async function sayAlarming(db: Db, cut: CutOfSession, now: number): Promise<void> {
    const place = await recordCut(db, cut, cut.session, { verb: `session.cut-${cut.state}`, at: now });
    const { accountId, gatewayId, id } = cut.session;
    const gateway = settings.current().gateways.get(gatewayId)?.name ?? null;
    const evidence = { session: id, gateway, reason: cut.reason, error: cut.lastError };
    const rule = `cut-${cut.state}`;
    await raiseAlert(db, { rule, accountId, evidence: JSON.stringify(evidence), at: now, ...place });
    log.warn({ session: id, gateway, reason: cut.reason, error: cut.lastError }, `a cut is ${cut.state}`);
  }

  /** The gateway's own list is as good as its accounting. */
  async function noteGone(db: Db, cut: CutOfSession, now: number): Promise<void> {
    const session = await findSession(db, cut.session.id);
    // Its accounting was faster, and has settled the order.
    if (session === null || session.state === 'ended') return;
    const ended = { ...session, state: 'ended', endCause: 'cut', endedAt: now } as const;
    if (!(await saveSession(db, session, ended))) return;
    const { state, dueAt, lastError, acknowledgedAt } = cut;
    await noteAttempts(db, [cut.id], { state, dueAt, lastError, acknowledgedAt, attempts: cut.attempts + 1 });
    await settleCutsOf(db, [ended], { state: 'confirmed', at: now });
  }

  function track(work: Promise<void>): void {
    atWork.add(work);
    void work.finally(() => atWork.delete(work));
  }

  return {
    async runDue() {
      if (isStopping) return 0;
      const now = clock.now();
      const due = await store.read((db) => listDueCuts(db, now, batch));
      if (due.length === 0) return 0;
      // A gateway may have been declared, or given an address, a moment ago.
      await settings.refresh();
      const mayDo = await chooseWhatMayBeDone(due);
      if (mayDo.length === 0) return 0;
      const ids = mayDo.map(({ id }) => id);
      const ours = await store.write((db) => claimCuts(db, ids, { now, until: now + claimMs }));
      for (const cut of mayDo) if (ours.has(cut.id)) track(attempt(cut));
      return ours.size;
    },
    counters: () => ({ attempts: { ...counts } }),
    async idle() {
      await Promise.all(atWork);
    },
    async stop() {
      isStopping = true;
      await Promise.all(atWork);
    },
  };
}
