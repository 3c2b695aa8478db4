// `gatewarden explain`: why a login was refused or let in, for the help desk, in Vietnamese or English.
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { formatInstant, formatMoment } from '../core/dates.ts';
import { actorTexts, type Language } from '../core/reason-texts.ts';
import { type ExplainedRecord, explainDecisionsOf, explainRecord } from '../services/records.ts';
import { iso, loadSettings } from './administrator.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { type Cell, type Output, spellLookupCode, text } from './output.ts';

const language = Type.Enum(['en', 'vi']);

interface Words {
  readonly when: string;
  readonly outcome: Readonly<Record<string, string>>;
  readonly personal: Readonly<Record<string, string>>;
  readonly result: string;
  readonly gateway: string;
  readonly evidence: string;
  readonly password: Readonly<Record<string, string>>;
  readonly passwordTitle: string;
  readonly until: string;
  readonly record: string;
  readonly code: string;
  readonly next: string;
  readonly erased: string;
  readonly observed: string;
}

const words: Readonly<Record<Language, Words>> = {
  vi: {
    when: 'Thời điểm',
    result: 'Kết quả',
    outcome: {
      accept: 'Cho phép',
      deny: 'Từ chối',
      challenge: 'Đã hỏi mã xác thực',
      undecided: 'Chưa xử lý được',
    },
    personal: {
      userName: 'Tên đăng nhập',
      station: 'Kết nối từ',
      workstation: 'Máy trạm',
      sourceAddress: 'Địa chỉ cổng VPN',
      administrator: 'Người thực hiện',
      reason: 'Lý do',
    },
    gateway: 'Cổng VPN',
    evidence: 'Mức độ tin cậy nhận dạng',
    passwordTitle: 'Mật khẩu',
    password: {
      right: 'đúng',
      wrong: 'sai',
      'change-required': 'phải đổi',
      'closed-upstream': 'tài khoản bị khóa ở nguồn xác thực',
      'asked-back': 'nguồn xác thực hỏi thêm',
      'answer-refused': 'nguồn xác thực từ chối câu trả lời',
      'not-checked': 'chưa kiểm tra',
      'not-required': 'không dùng',
    },
    until: 'Phiên kết thúc lúc',
    record: 'Bản ghi',
    code: 'Mã tra cứu',
    next: 'Việc cần làm:',
    erased: 'Thông tin cá nhân của bản ghi này đã được xóa theo thời hạn lưu trữ.',
    observed: 'Chế độ theo dõi: khi bắt buộc, lượt này sẽ bị từ chối vì:',
  },
  en: {
    when: 'When',
    result: 'Outcome',
    outcome: { accept: 'accepted', deny: 'denied', challenge: 'code asked for', undecided: 'not decided' },
    personal: {
      userName: 'User name',
      station: 'Connects from',
      workstation: 'Workstation',
      sourceAddress: "Gateway's address",
      administrator: 'Administrator',
      reason: 'Reason given',
    },
    gateway: 'Gateway',
    evidence: 'Workstation evidence',
    passwordTitle: 'Password',
    password: {
      right: 'right',
      wrong: 'wrong',
      'change-required': 'must be changed',
      'closed-upstream': 'account closed where it is kept',
      'asked-back': 'whoever keeps it asked for something more',
      'answer-refused': 'answer refused by whoever keeps it',
      'not-checked': 'not checked',
      'not-required': 'not part of this login',
    },
    until: 'Session ends by',
    record: 'Record',
    code: 'Lookup code',
    next: 'What to do next:',
    erased: 'The personal data of this record were erased at the end of their retention.',
    observed: 'Observe mode: under enforcement it would be denied because:',
  },
};

/** A record for people: why, what to do next, and who, when and where. */
function printRecord(output: Output, record: ExplainedRecord, spoken: Language, timeZone: string): void {
  const word = words[spoken];
  const { explanation, observed, personal } = record;
  const reason = record.detail === null ? record.reason : `${record.reason} (${record.detail})`;
  const outcome = word.outcome[record.outcome] ?? record.outcome;
  const isDecision = record.kind === 'decision';
  const fields: (readonly [string, Cell])[] = [
    [word.when, formatInstant(record.at, timeZone)],
    [word.result, reason === null ? outcome : `${outcome} — ${reason}`],
    ...Object.entries(word.personal).flatMap(([name, title]): [string, Cell][] =>
      personal?.[name] === undefined ? [] : [[title, personal[name]]],
    ),
    [word.gateway, record.gateway],
    [word.evidence, isDecision ? record.evidence : null],
    [
      word.passwordTitle,
      record.password === null ? null : (word.password[record.password] ?? record.password),
    ],
    [word.until, record.until === null ? null : formatMoment(record.until, 'until', timeZone)],
    [word.code, record.lookupCode === null ? null : spellLookupCode(record.lookupCode)],
    [word.record, record.record],
  ];
  output.emit(text(explanation.title));
  // Some say no more than their title.
  if (!['', `${explanation.title}.`].includes(explanation.explanation))
    output.emit(text(`  ${explanation.explanation}`));
  if (observed !== null) {
    output.emit(text(word.observed));
    output.emit(text(`  ${observed.title}. ${observed.explanation}`));
  }
  const next = [...explanation.next, ...(observed?.next ?? [])];
  if (next.length > 0) output.emit(text(word.next));
  for (const step of next) output.emit(text(`  - ${actorTexts[step.who][spoken]}: ${step.text}`));
  output.emit(text(''));
  output.emit({ type: 'fields', fields: fields.filter(([, value]) => value !== null) });
  if (isDecision && personal === null) output.emit(text(word.erased));
  if (!isDecision && record.kind !== 'undecided') {
    const data = Object.entries(record.data).filter(([, value]) => value !== null && value !== '');
    output.emit({ type: 'fields', fields: data });
  }
}

function toJson({ at, until, ...record }: ExplainedRecord): object {
  return { ...record, at: iso(at), until: iso(until) };
}

const recordOperation = defineOperation(
  'explain.record',
  Type.Object({ reference: Type.String({ minLength: 1, maxLength: 200 }), language }),
  async (context, args, output) => {
    const { settings } = await loadSettings(context);
    const deps = { store: context.store, settings, language: args.language };
    const record = await explainRecord(deps, args.reference);
    printRecord(output, record, args.language, settings.current().timeZone);
    return toJson(record);
  },
);

const accountOperation = defineOperation(
  'explain.account',
  Type.Object({
    user: Type.String({ minLength: 1, maxLength: 200 }),
    last: Type.Integer({ minimum: 1, maximum: 1_000 }),
    language,
  }),
  async (context, args, output) => {
    const { settings } = await loadSettings(context);
    const deps = { store: context.store, settings, language: args.language };
    const records = await explainDecisionsOf(deps, args);
    const { timeZone } = settings.current();
    output.emit({
      type: 'table',
      columns: [words[args.language].when, words[args.language].code, words[args.language].result],
      rows: records.map((record) => [
        formatInstant(record.at, timeZone),
        record.lookupCode === null ? null : spellLookupCode(record.lookupCode),
        record.reason === null
          ? record.explanation.title
          : `${record.explanation.title} — ${record.reason}${record.detail === null ? '' : ` (${record.detail})`}`,
      ]),
    });
    return { decisions: records.map(toJson) };
  },
);

export const explainOperations: readonly Operation[] = [recordOperation, accountOperation];

export const explainCommands: readonly CliCommand[] = [
  {
    path: ['explain'],
    summary: 'explain a decision by its lookup code, its record, or its account',
    declare(command) {
      command
        .argument('[code]', 'lookup code (such as K7WM-3PXA) or CHAIN:SEQ')
        .option('--account <user>', 'the last decisions about this account instead')
        .option(
          '--last <n>',
          'how many of them',
          (value: string) => {
            if (/^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 1_000) return Number(value);
            throw new OperatorError(`--last: "${value}" is no whole number from 1 to 1000.`, {
              at: '--last',
              remedy: 'Give a number, such as --last 20.',
            });
          },
          20,
        );
    },
    async run(invocation) {
      const [reference] = invocation.operands;
      const { account, last } = invocation.options as { readonly account?: string; readonly last: number };
      if ((typeof reference === 'string') === (account !== undefined)) {
        throw new OperatorError('Name a lookup code or an account.', {
          at: 'CODE',
          remedy: 'Write "gatewarden explain K7WM-3PXA" or "gatewarden explain --account USER".',
        });
      }
      const { language: spoken } = invocation;
      return {
        value: await (account === undefined
          ? invocation.call(recordOperation, { reference, language: spoken })
          : invocation.call(accountOperation, { user: account, last, language: spoken })),
      };
    },
  },
];
