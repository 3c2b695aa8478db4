// `gatewarden account show | list`.
import { Option } from 'commander';
import { Type } from 'typebox';
import { OperatorError } from '../../base/errors.ts';
import { formatInstant, formatMoment, termInWords } from '../../core/dates.ts';
import { explain } from '../../core/explain.ts';
import { isLocked } from '../../core/lockout.ts';
import { timeStepStart } from '../../core/otp.ts';
import type { Language } from '../../core/reason-texts.ts';
import { type AccountOverview, listAccountPage, showAccount } from '../../services/accounts/overview.ts';
import { accountStates } from '../../store/queries/account-state.ts';
import { iso, loadSettings, operand } from '../administrator.ts';
import { type CliCommand, defineOperation, type Operation } from '../command.ts';
import { type Cell, type Output, spellLookupCode, text } from '../output.ts';

const shownDecisions = 10;

const showOperation = defineOperation(
  'account.show',
  Type.Object({ user: Type.String({ minLength: 1, maxLength: 200 }), language: Type.Enum(['en', 'vi']) }),
  async (context, args, output) => {
    const { store, clock } = context;
    const { settings } = await loadSettings(context);
    const now = clock.now();
    const query = { user: args.user, now, decisions: shownDecisions };
    const overview = await showAccount({ store, settings }, query);
    print(overview, now, args.language, output);
    return toJson(overview, now, args.language);
  },
);

function print(overview: AccountOverview, now: number, language: Language, output: Output): void {
  const { account, holder, timeZone, standing } = overview;
  const moment = (instant: number, kind: 'from' | 'until' = 'from') => formatMoment(instant, kind, timeZone);
  const table = (title: string, columns: string[], rows: Cell[][]) => {
    output.emit(text(''));
    output.emit(text(rows.length === 0 ? `${title}: none` : `${title}:`));
    if (rows.length > 0) output.emit({ type: 'table', columns, rows });
  };
  const why = standing === null ? null : explainStanding(overview, language);
  output.emit({
    type: 'fields',
    fields: [
      ['Account', account.userName],
      [
        'Holder',
        [holder.fullName, holder.staffCode, holder.unitCode, holder.position ?? '']
          .filter(Boolean)
          .join(' · '),
      ],
      ['Unit', holder.unitNames.join(' / ')],
      ['Status', account.status],
      ['Term', termInWords(account.validFrom, 'from', timeZone, language)],
      ['', termInWords(account.validUntil, 'until', timeZone, language)],
      ['Suspended', suspensionText(overview)],
      ['Employment', employmentText(overview)],
      ['Password', overview.hasPassword ? account.passwordState : 'none yet: see "account set-password"'],
      [
        'Password checked by',
        account.firstFactor === 'own' ? 'this broker' : (account.firstFactor ?? 'as the policy says'),
      ],
      ['Rules of use', rulesText(overview)],
      ['Standing', why === null ? 'in order' : `would be refused: ${standing?.reason} — ${why.title}`],
      ['', why?.explanation ?? ''],
      ['Revision', account.revision],
    ].filter(([name, value]) => name !== '' || value !== '') as [string, Cell][],
  });
  table(
    'Employment',
    ['Since', 'What', 'Paper', 'Source'],
    overview.employment.map((fact) => [
      moment(fact.effectiveAt),
      fact.detail === null ? fact.kind : `${fact.kind} (${fact.detail})`,
      fact.documentNumber,
      fact.source,
    ]),
  );
  table(
    'Written assignments',
    ['Number', 'Unit', 'From', 'Until', 'Signed by', 'Purpose'],
    overview.assignments.map((one) => [
      one.documentNumber,
      one.unitCode,
      moment(one.validFrom),
      one.validUntil === null ? 'as the account' : moment(one.validUntil, 'until'),
      one.signatory,
      one.purpose,
    ]),
  );
  table(
    'Workstations',
    ['Asset', 'Kind', 'State', 'From', 'Until'],
    overview.workstations.map((one) => [
      one.assetTag,
      `${one.kind}, ${one.assignmentKind}`,
      one.state,
      moment(one.validFrom),
      one.validUntil === null ? 'as the account' : moment(one.validUntil, 'until'),
    ]),
  );
  table(
    'Authenticators',
    ['No.', 'Kind', 'Serial', 'State', 'Codes', 'Last code'],
    overview.authenticators.map((one) => [
      one.id,
      one.kind,
      one.serialNumber,
      one.state,
      `${one.algorithm}, ${one.digits} digits, ${one.periodSeconds} s`,
      one.lastStep < 0 ? 'never' : formatInstant(timeStepStart(one.lastStep, one.periodSeconds), timeZone),
    ]),
  );
  if (overview.counters.length > 0) {
    table(
      'Failed attempts',
      ['Counter', 'Failures', 'Last', 'Locked until'],
      overview.counters.map((one) => [
        one.scope,
        one.failures,
        formatInstant(one.lastFailureAt, timeZone),
        isLocked(one, now) ? formatInstant(one.lockedUntil, timeZone) : null,
      ]),
    );
  }
  if (overview.sessions.length > 0) {
    table(
      'Sessions',
      ['Gateway', 'State', 'Since', 'At the latest until'],
      overview.sessions.map((one) => [
        one.gateway,
        one.state,
        formatInstant(one.startedAt, timeZone),
        formatInstant(one.until, timeZone),
      ]),
    );
  }
  table(
    'Last decisions',
    ['When', 'Outcome', 'Reason', 'Lookup code'],
    overview.decisions.map((one) => [
      formatInstant(one.at, timeZone),
      one.outcome,
      one.detail === null ? one.reason : `${one.reason} (${one.detail})`,
      one.lookupCode === null ? null : spellLookupCode(one.lookupCode),
    ]),
  );
}

function explainStanding({ standing, timeZone }: AccountOverview, language: Language) {
  return standing === null
    ? null
    : explain(standing.reason, standing.detail, standing.parameters, language, timeZone);
}

function rulesText({ account, rulesVersion }: AccountOverview): string {
  const accepted = account.rulesVersionAccepted;
  if (accepted > 0) return `version ${accepted} accepted`;
  return rulesVersion === 0 ? 'none in force' : 'not accepted';
}

function suspensionText({ account, timeZone }: AccountOverview): string {
  if (account.suspendedDetail === null || account.suspendedAt === null) return 'no';
  return `${account.suspendedDetail}, since ${formatInstant(account.suspendedAt, timeZone)}`;
}

function employmentText({ employmentState }: AccountOverview): string {
  const { state } = employmentState;
  return 'detail' in employmentState && employmentState.detail !== null
    ? `${state} (${employmentState.detail})`
    : state;
}

function toJson(overview: AccountOverview, now: number, language: Language): unknown {
  const { account, holder, standing } = overview;
  const why = explainStanding(overview, language);
  const term = <T extends { readonly validFrom: number; readonly validUntil: number | null }>(one: T) => ({
    ...one,
    validFrom: iso(one.validFrom),
    validUntil: iso(one.validUntil),
  });
  return {
    userName: account.userName,
    holder: {
      staffCode: holder.staffCode,
      fullName: holder.fullName,
      kind: holder.kind,
      position: holder.position,
      unit: holder.unitCode,
    },
    status: account.status,
    validFrom: iso(account.validFrom),
    validUntil: iso(account.validUntil),
    suspended:
      account.suspendedDetail === null
        ? null
        : { detail: account.suspendedDetail, since: iso(account.suspendedAt) },
    password: overview.hasPassword ? account.passwordState : 'none',
    firstFactor: account.firstFactor,
    rulesVersionAccepted: account.rulesVersionAccepted,
    revision: account.revision,
    standing:
      standing === null ? null : { reason: standing.reason, detail: standing.detail, title: why?.title },
    employment: overview.employment.map((fact) => ({ ...fact, effectiveAt: iso(fact.effectiveAt) })),
    assignments: overview.assignments.map((one) => ({
      ...term(one),
      documentDate: iso(one.documentDate),
    })),
    workstations: overview.workstations.map(term),
    authenticators: overview.authenticators.map((one) => ({
      id: one.id,
      kind: one.kind,
      serialNumber: one.serialNumber,
      state: one.state,
      algorithm: one.algorithm,
      digits: one.digits,
      periodSeconds: one.periodSeconds,
      lastStep: one.lastStep,
      driftSteps: one.driftSteps,
      createdAt: iso(one.createdAt),
    })),
    counters: overview.counters.map((one) => ({
      ...one,
      lastFailureAt: iso(one.lastFailureAt),
      lockedUntil: isLocked(one, now) ? iso(one.lockedUntil) : null,
    })),
    sessions: overview.sessions.map((one) => ({
      ...one,
      startedAt: iso(one.startedAt),
      until: iso(one.until),
    })),
    decisions: overview.decisions.map((one) => ({
      record: `${one.chain}:${one.seq}`,
      at: iso(one.at),
      outcome: one.outcome,
      reason: one.reason,
      detail: one.detail,
      lookupCode: one.lookupCode,
    })),
  };
}

const listOperation = defineOperation(
  'account.list',
  Type.Object({
    unit: Type.Optional(Type.String({ maxLength: 64 })),
    state: Type.Optional(Type.Enum([...accountStates])),
    after: Type.Optional(Type.String({ maxLength: 1000 })),
    limit: Type.Integer({ minimum: 1, maximum: 1_000 }),
  }),
  async ({ store, clock }, args, output) => {
    const { accounts, next, timeZone } = await listAccountPage({ store, now: clock.now() }, args);
    output.emit({
      type: 'table',
      columns: ['Account', 'Holder', 'Staff code', 'Unit', 'Status', 'Valid until'],
      rows: accounts.map((one) => [
        one.userName,
        one.fullName,
        one.staffCode,
        one.unitCode,
        one.suspendedDetail === null ? one.status : `${one.status}, suspended`,
        formatMoment(one.validUntil, 'until', timeZone),
      ]),
    });
    if (next !== null) output.emit(text(`More: --after ${next}`));
    return {
      accounts: accounts.map(({ accountId: _id, nameSortKey: _key, ...one }) => ({
        ...one,
        validFrom: iso(one.validFrom),
        validUntil: iso(one.validUntil),
      })),
      next,
    };
  },
);

/** A whole number of rows. @throws OperatorError */
export function pageSize(value: string): number {
  const size = Number(value);
  if (/^\d+$/.test(value) && size >= 1 && size <= 1_000) return size;
  throw new OperatorError(`--limit: "${value}" is no whole number from 1 to 1000.`, {
    at: '--limit',
    remedy: 'Give a number of rows, such as --limit 50.',
  });
}

export const showOperations: readonly Operation[] = [showOperation, listOperation];

export const showCommands: readonly CliCommand[] = [
  {
    path: ['account', 'show'],
    summary: 'show everything about an account, but no secret',
    declare: (command) => void command.argument('<user>', 'user name'),
    async run(invocation) {
      const args = { user: operand(invocation, 0), language: invocation.language };
      return { value: await invocation.call(showOperation, args) };
    },
  },
  {
    path: ['account', 'list'],
    summary: "list accounts by their holders' names",
    declare(command) {
      command
        .option('--unit <code>', 'of this unit and below')
        .addOption(new Option('--state <state>', 'in this state').choices(accountStates))
        .option('--limit <n>', 'rows a page', pageSize, 50)
        .option('--after <place>', 'next page: the place that the page before ended with');
    },
    run: async (invocation) => ({ value: await invocation.call(listOperation, invocation.options) }),
  },
];
