// The rows of the model store: what the tables hold, as far as decisions read or change it.
import type {
  AccountFacts,
  ClaimFact,
  CounterFact,
  Facts,
  SessionFact,
  TicketFact,
  WorkstationFact,
  WorkstationState,
} from '../../../src/core/facts.ts';
import type { OtpParameters } from '../../../src/core/otp.ts';
import type { Head } from '../../../src/store/audit/chain.ts';
import type { PreparedRecord } from '../../../src/store/audit/record.ts';
import type { FactsQuery } from '../../../src/store/store.ts';

export interface ModelAccount
  extends Omit<AccountFacts, 'workstations' | 'authenticators' | 'counters' | 'sessions' | 'tickets'> {
  readonly unitId: number;
  readonly workstations: readonly {
    readonly workstationId: number;
    readonly validFrom: number;
    readonly validUntil: number | null;
  }[];
}

export interface ModelWorkstation {
  readonly workstationId: number;
  readonly assetTag: string;
  readonly state: WorkstationState;
  readonly identifiers: readonly string[];
  readonly endings?: NonNullable<WorkstationFact['endings']>;
}

export interface ModelAuthenticator {
  readonly authenticatorId: number;
  readonly accountId: number;
  readonly state: 'pending' | 'active' | 'revoked';
  readonly parameters: OtpParameters;
  readonly sealedSeed: Buffer;
  readonly driftSteps: number;
  readonly lastStep: number;
  readonly lastClaim: ClaimFact | null;
}

export interface ModelSession extends SessionFact {
  readonly accountId: number;
  readonly until: number;
  readonly state: 'pending' | 'live' | 'ended';
}

export interface ModelTicket extends TicketFact {
  readonly accountId: number;
}

export interface ModelAlert {
  readonly id: number;
  readonly rule: string;
  readonly accountId: number | null;
  readonly unitId: number | null;
  readonly evidence: string;
  readonly at: number;
  readonly chain: string;
  readonly seq: number;
}

export interface ModelChain {
  readonly node: string;
  readonly lane: string;
  readonly startedAt: number;
  readonly records: (Head & { readonly record: PreparedRecord })[];
}

/** All tables. Whoever changes them outside a transaction of the model's writer must bump the revision by himself. */
export class ModelRows {
  readonly accounts = new Map<number, ModelAccount>();
  readonly workstations = new Map<number, ModelWorkstation>();
  readonly authenticators = new Map<number, ModelAuthenticator>();
  readonly counters = new Map<number, Map<string, CounterFact>>();
  readonly challengeClaims = new Map<string, number>();
  readonly sessions: ModelSession[] = [];
  readonly tickets = new Map<number, ModelTicket>();
  readonly gateways = new Set<number>();
  readonly chains = new Map<string, ModelChain>();
  readonly alerts: ModelAlert[] = [];
  readonly outbox: string[] = [];
  codeFloorAt = 0;
  settingsVersion = 0;
}

const elsewhereLimit = 16;

/** The facts as of now, in the order that the store's contract asks for. */
export function readFacts(rows: ModelRows, { userName, observedKeys }: FactsQuery): Facts {
  const account = [...rows.accounts.values()].find((row) => row.userName === userName) ?? null;
  return {
    account: account === null ? null : readAccount(rows, account),
    observedElsewhere: readOwners(rows, account, observedKeys),
    withdrawnKeys: [],
    codeFloorAt: rows.codeFloorAt,
    settingsVersion: rows.settingsVersion,
  };
}

function readOwners(
  rows: ModelRows,
  account: ModelAccount | null,
  observedKeys: readonly string[],
): Facts['observedElsewhere'] {
  const seen = (row: { readonly identifiers: readonly string[] }) =>
    row.identifiers.filter((identifier) => observedKeys.includes(identifier)).sort();
  const showsKey = (row: { readonly identifiers: readonly string[] }) =>
    seen(row).some((identifier) => identifier.includes('-sha256:'));
  return [...rows.workstations.values()]
    .filter((row) => seen(row).length > 0)
    .filter((row) => account?.workstations.every((own) => own.workstationId !== row.workstationId) ?? true)
    .sort(
      (a, b) =>
        Number(a.state === 'active') - Number(b.state === 'active') ||
        Number(showsKey(b)) - Number(showsKey(a)) ||
        a.workstationId - b.workstationId,
    )
    .slice(0, elsewhereLimit)
    .sort((a, b) => a.workstationId - b.workstationId)
    .map((row) => {
      const { workstationId, assetTag, state } = row;
      return { workstationId, assetTag, state, identifiers: seen(row) };
    });
}

function readAccount(rows: ModelRows, account: ModelAccount): AccountFacts {
  const { unitId: _, workstations, ...columns } = account;
  const { accountId } = account;
  return {
    ...columns,
    workstations: workstations
      .flatMap(({ workstationId, validFrom, validUntil }): WorkstationFact[] => {
        const row = rows.workstations.get(workstationId);
        if (row === undefined) return [];
        const { assetTag, state } = row;
        const identifiers = [...row.identifiers].sort();
        const endings = row.endings === undefined ? {} : { endings: row.endings };
        return [
          { workstationId, assetTag, state, identifiers, ...endings, assignment: { validFrom, validUntil } },
        ];
      })
      .sort(
        (a, b) =>
          a.workstationId - b.workstationId ||
          (a.assignment?.validFrom ?? 0) - (b.assignment?.validFrom ?? 0),
      ),
    authenticators: [...rows.authenticators.values()]
      .filter((row) => row.accountId === accountId && row.state === 'active')
      .map(({ accountId: _account, state: _state, ...fact }) => fact),
    counters: [...(rows.counters.get(accountId)?.values() ?? [])].sort((a, b) =>
      a.scope < b.scope ? -1 : Number(a.scope > b.scope),
    ),
    sessions: rows.sessions
      .filter((row) => row.accountId === accountId && row.state !== 'ended')
      .map(({ accountId: _account, until: _until, state: _state, ...fact }) => fact),
    tickets: [...rows.tickets.values()]
      .filter((row) => row.accountId === accountId)
      .sort((a, b) => a.ticketId - b.ticketId)
      .map(({ accountId: _account, ...fact }) => fact),
  };
}
