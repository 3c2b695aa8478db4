// Which open sessions may go on: looked at when their time comes, and as soon as anything changed that they rest on.
import type { Clock } from '../../base/clock.ts';
import { judgeSession } from '../../core/access.ts';
import { type JudgedSession, listSessionsToJudge, putJudgement } from '../../store/queries/sessions.ts';
import type { Store } from '../../store/store.ts';
import type { Settings } from '../settings/settings.ts';
import { afterOrderMs, orderCuts } from './order.ts';

export interface JudgeDeps {
  readonly store: Pick<Store, 'read' | 'write' | 'decisions'>;
  readonly settings: {
    atLeast(
      version: number,
    ): Promise<Pick<ReturnType<Settings['current']>, 'gateways' | 'policyFor' | 'findControl'>>;
  };
  readonly clock: Clock;
}

/** Judged in one write: its turn must be over within 50 ms. */
const batch = 50;
/** The end of its own time, which is no denial. */
const timeIsOver = 'time-over';

interface Judgement {
  readonly session: JudgedSession;
  readonly judgeAt: number;
  readonly until: number;
  /** Why it must end; null: it may go on, or its gateway ends it by itself and can't be told to. */
  readonly reason: string | null;
}

async function judge(deps: JudgeDeps, session: JudgedSession, now: number): Promise<Judgement> {
  const { store, settings } = deps;
  const facts = await store.decisions.loadFacts({ userName: session.userName, observedKeys: [] });
  const snapshot = await settings.atLeast(facts.settingsVersion);
  const policy = snapshot.policyFor(facts.account?.unitPath ?? [], session.gatewayId);
  // One that no Accept is known for has no end of its own.
  const until = session.reference === null ? null : session.until;
  const { workstationId, provenBy } = session;
  const judged = judgeSession(facts, { workstationId, provenBy, until }, policy, now);
  if (judged.kind === 'keep') return { session, judgeAt: judged.until, until: judged.until, reason: null };
  const profile = snapshot.gateways.get(session.gatewayId)?.profile;
  const endsByItself =
    judged.denial === null &&
    profile?.disconnect.method === 'none' &&
    snapshot.findControl(session.gatewayId) === null &&
    profile.reply.sessionTimeout === 'honoured';
  const reason = endsByItself ? null : (judged.denial?.reason ?? timeIsOver);
  return { session, judgeAt: now + afterOrderMs, until: session.until, reason };
}

/**
 * Judges up to fifty sessions whose turn it is, and orders the end of those that have lost their ground.
 * @returns how many were judged; as many as a batch when there may be more
 */
export async function judgeSessions(deps: JudgeDeps): Promise<number> {
  const { store, clock } = deps;
  const now = clock.now();
  const due = await store.read((db) => listSessionsToJudge(db, now, batch));
  if (due.length === 0) return 0;
  const judgements = await Promise.all(due.map((session) => judge(deps, session, now)));
  await store.write(async (db) => {
    const toCut = new Map<string, JudgedSession[]>();
    for (const { session, judgeAt, until, reason } of judgements) {
      // Marked again meanwhile, or ended: it is looked at once more, or never.
      if (!(await putJudgement(db, session, { judgeAt, until })) || reason === null) continue;
      toCut.set(reason, [...(toCut.get(reason) ?? []), session]);
    }
    for (const [reason, sessions] of toCut) await orderCuts(db, sessions, { reason, at: now });
  });
  return due.length;
}
