// `gatewarden demo`: a broker on temporary data and a played gateway; one connection per kind of outcome, each shown with its record.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, type Services } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { loadConfig } from '../config/load.ts';
import { explain } from '../core/explain.ts';
import type { Language } from '../core/reason-texts.ts';
import { isReason } from '../core/reasons.ts';
import { dayOf, defaultTimeZone, wallAt, weekdayOf } from '../core/time-zone.ts';
import { reinstate } from '../services/accounts/standing.ts';
import type { Administrator } from '../services/administration.ts';
import { type ExplainedRecord, explainDecisionsOf, explainRecord } from '../services/records.ts';
import { createSampleOrganisation, type SampleLogin } from '../services/sample-organisation.ts';
import { setState } from '../services/workstations.ts';
import { readAudit } from '../store/audit/read.ts';
import { verifyAudit } from '../store/audit/verify.ts';
import { administratorOf, loadSettings } from './administrator.ts';
import type { CliCommand, CommandResult, Invocation } from './command.ts';
import { createPlayer, type Played } from './demo/player.ts';
import { type Scene, type Stage, scenes } from './demo/scenes.ts';
import { text } from './output.ts';
import { importFile } from './sample-site.ts';

const width = 80;
/** Short, so that two dozen refusals do not take half a minute. */
const rejectDelayMs = 100;

const labels: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  vi: {
    through: 'qua',
    from: 'từ máy',
    reply: 'Trả lời',
    reason: 'Lý do',
    record: 'Bản ghi',
    wrong: 'KHÔNG ĐÚNG: phải là',
    accepted: 'được phép',
    would: 'chế độ bắt buộc sẽ từ chối',
  },
  en: {
    through: 'through',
    from: 'from',
    reply: 'Reply',
    reason: 'Reason',
    record: 'Record',
    wrong: 'NOT AS IT SHOULD BE:',
    accepted: 'let in',
    would: 'enforcement would refuse it',
  },
};

/** Lines of at most 80 columns; every one begins with `indent`, the first with `head` in its place. */
function wrap(head: string, indent: string, content: string): string[] {
  const lines: string[] = [];
  let line = head;
  let begun = false;
  for (const word of content.split(' ')) {
    const next = begun ? `${line} ${word}` : `${line}${word}`;
    if (begun && next.length > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = next;
    begun = true;
  }
  return [...lines, line];
}

/** What the record says of the reason. */
interface Told {
  readonly reason: string | null;
  readonly detail: string | null;
  /** In observe mode: what enforcement would have said. */
  readonly observed: string | null;
}

function toldBy({ reason, detail, data }: ExplainedRecord): Told {
  const observed = data['observedReason'];
  return { reason, detail, observed: typeof observed === 'string' ? observed : null };
}

/** Both languages, the reader's first. */
function titleOf({ reason, detail, observed }: Told, language: Language): string {
  const word = (name: string) => labels[language][name] ?? '';
  const other = language === 'vi' ? 'en' : 'vi';
  const inBoth = (code: string) =>
    isReason(code)
      ? `${explain(code, null, {}, language).title} / ${explain(code, null, {}, other).title}`
      : code;
  if (reason !== null) return `${detail === null ? reason : `${reason} (${detail})`}: ${inBoth(reason)}`;
  return observed === null ? word('accepted') : `${word('accepted')}; ${word('would')}: ${inBoth(observed)}`;
}

function isAsExpected({ expected }: Scene, record: ExplainedRecord, played: Played): boolean {
  const accepted = expected.outcome === 'accept';
  const told = toldBy(record);
  return (
    record.outcome === expected.outcome &&
    told.reason === expected.reason &&
    told.detail === expected.detail &&
    told.observed === (expected.observed ?? null) &&
    played.packets.at(-1) === (accepted ? 'Access-Accept' : 'Access-Reject') &&
    played.isSigned
  );
}

interface SceneResult {
  readonly title: string;
  readonly userName: string;
  readonly packets: readonly string[];
  readonly outcome: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly record: string;
  readonly asExpected: boolean;
}

function show(
  invocation: Invocation,
  number: number,
  shown: {
    readonly scene: Scene;
    readonly login: SampleLogin;
    readonly played: Played;
    readonly record: ExplainedRecord;
    readonly asExpected: boolean;
  },
): void {
  const { output, language } = invocation;
  const { scene, login, played, record, asExpected } = shown;
  const word = (name: string) => labels[language][name] ?? '';
  const other = language === 'vi' ? 'en' : 'vi';
  const indent = ' '.repeat(5);
  const say = (head: string, content: string) => {
    const start = `${indent}${head.padEnd(9)}`;
    for (const line of wrap(start, ' '.repeat(start.length), content)) output.emit(text(line));
  };
  const title = `${scene.title[language]} / ${scene.title[other]}`;
  for (const line of wrap(`${String(number).padStart(3)}. `, indent, title)) output.emit(text(line));
  const userName = scene.typing?.userName ?? login.userName;
  const name = scene.typing?.userName === undefined ? ` (${login.fullName})` : '';
  const { workstation, gateway } = login;
  output.emit(
    text(
      `${indent}${userName}${name} ${word('through')} ${gateway}, ${word('from')} ${workstation.assetTag}`,
    ),
  );
  const session = played.sessionSeconds === null ? '' : `, Session-Timeout ${played.sessionSeconds} s`;
  const message = played.message === '' ? '' : ` "${played.message}"`;
  say(word('reply'), `${played.packets.join(', ')}${message}${session}`);
  say(word('reason'), titleOf(toldBy(record), language));
  const { explanation } = record.observed ?? record.explanation;
  if (explanation !== '') say('', explanation);
  say(word('record'), record.record);
  if (!asExpected) say('!!', `${word('wrong')} ${titleOf({ observed: null, ...scene.expected }, language)}`);
  output.emit(text(''));
}

function findLogin(logins: readonly SampleLogin[], { state, user }: Scene): SampleLogin {
  const login = logins.find((one) => one.state === state && (user === undefined || one.userName === user));
  if (login === undefined) throw new Error(`the sample has nobody for ${state} ${user ?? ''}`);
  return login;
}

/** What happens off stage, done as an administrator would: by an import or a use case. */
function createStage(services: Services, by: Administrator, directory: string): Omit<Stage, 'player'> {
  const { clock } = services;
  const deps = { ...services, by };
  const refresh = async () => services.broker?.refreshSettings();
  return {
    async setPolicy(gateway, policy) {
      const file = join(directory, 'policy.json');
      writeFileSync(file, JSON.stringify({ policies: [{ scope: { gateway }, ...policy }] }), { mode: 0o600 });
      await importFile(services, by, file);
      await refresh();
    },
    closedToday() {
      const today = weekdayOf(dayOf(wallAt(clock.now(), defaultTimeZone)));
      // Neither today nor tomorrow, should midnight pass meanwhile.
      const days = [1, 2, 3, 4, 5, 6, 7].filter((day) => day !== today && day !== (today % 7) + 1);
      return { timeZone: defaultTimeZone, windows: [{ days, from: '07:00', until: '18:00' }] };
    },
    async loseWorkstation(assetTag) {
      await setState(deps, { assetTag, state: 'lost', reason: 'demonstration' });
    },
    async reinstate(user) {
      await reinstate(deps, { user, reason: 'demonstration' });
    },
  };
}

/** What stands around the scenes. */
const frame = {
  en: {
    opening: [
      'A broker on temporary data, an invented organisation, a played VPN gateway.',
      'The gateway is told yes or no, never why; the reason is in the record.',
    ],
    allRight: (all: number) => `${all} connections, each as it should be.`,
    someWrong: (all: number, wrong: number) => `${all} connections, ${wrong} of them NOT as they should be.`,
    sound: (records: number, chains: number) => `The log is sound: ${records} records in ${chains} chains.`,
    notSound: (fault: string) => `THE LOG IS NOT SOUND: ${fault}.`,
  },
  vi: {
    opening: [
      'Hệ thống chạy trên dữ liệu tạm: cơ quan giả định, cổng VPN giả lập.',
      'Cổng VPN chỉ nhận được có hay không; lý do nằm trong nhật ký.',
    ],
    allRight: (all: number) => `${all} lượt kết nối, tất cả đúng như dự kiến.`,
    someWrong: (all: number, wrong: number) =>
      `${all} lượt kết nối, trong đó ${wrong} lượt KHÔNG đúng dự kiến.`,
    sound: (records: number, chains: number) => `Nhật ký toàn vẹn: ${records} bản ghi trong ${chains} chuỗi.`,
    notSound: (fault: string) => `NHẬT KÝ KHÔNG TOÀN VẸN: ${fault}.`,
  },
} as const;

async function playAll(
  invocation: Invocation,
  services: Services,
  directory: string,
): Promise<readonly SceneResult[]> {
  const { language, output, stop } = invocation;
  const { clock, random, store, broker } = services;
  const by = administratorOf(invocation);
  const sample = createSampleOrganisation(clock.now(), random);
  const file = join(directory, 'organisation.json');
  writeFileSync(file, JSON.stringify(sample.file), { mode: 0o600 });
  await importFile(services, by, file);
  await broker?.refreshSettings();
  const server = broker?.radiusEndpoints[0];
  if (server === undefined) throw new Error('the broker listens nowhere');
  const player = createPlayer({ server, secret: sample.radiusSecret, clock, random, signal: stop });
  const stage: Stage = { player, ...createStage(services, by, directory) };
  const { settings } = await loadSettings(services);
  const results: SceneResult[] = [];
  for (const [index, scene] of scenes.entries()) {
    if (stop.aborted) throw new Error('the demonstration was stopped');
    const login = findLogin(sample.logins, scene);
    await scene.before?.(stage, login);
    const played = await player.play(login, scene.typing);
    // As the help desk does it: by the lookup code that the holder reads out; an Accept shows none.
    await settings.refresh();
    const explaining = { store, settings, language };
    const record =
      played.lookupCode === null
        ? (await explainDecisionsOf(explaining, { user: login.userName, last: 1 }))[0]
        : await explainRecord(explaining, played.lookupCode);
    if (record === undefined) throw new Error(`no record of a login of ${login.userName}`);
    const asExpected = isAsExpected(scene, record, played);
    show(invocation, index + 1, { scene, login, played, record, asExpected });
    results.push({
      title: scene.title[language],
      userName: scene.typing?.userName ?? login.userName,
      packets: played.packets,
      outcome: record.outcome,
      reason: record.reason,
      detail: record.detail,
      record: record.record,
      asExpected,
    });
  }
  const wrong = results.filter((result) => !result.asExpected).length;
  output.emit(
    text(
      wrong === 0
        ? frame[language].allRight(results.length)
        : frame[language].someWrong(results.length, wrong),
    ),
  );
  return results;
}

async function demo(invocation: Invocation): Promise<CommandResult> {
  const { output, log } = invocation;
  const words = frame[invocation.language];
  const directory = mkdtempSync(join(tmpdir(), 'gatewarden-demo-'));
  const config = loadConfig({
    file: null,
    env: {
      GATEWARDEN_DATA_DIR: join(directory, 'var'),
      GATEWARDEN_NODE: 'demo',
      GATEWARDEN_RADIUS_LISTEN: '127.0.0.1:0',
      GATEWARDEN_RADIUS_REJECT_DELAY_MS: String(rejectDelayMs),
      GATEWARDEN_HTTP_LISTEN: '127.0.0.1:0',
      GATEWARDEN_CONSOLE_LISTEN: '127.0.0.1:0',
      GATEWARDEN_PORTAL_LISTEN: '127.0.0.1:0',
      GATEWARDEN_LOG_LEVEL: 'error',
    },
    workingDirectory: directory,
    hostName: 'demo',
  });
  const app = createApp(config, { clock: systemClock, random: systemRandom, log });
  try {
    const services = await app.start();
    for (const line of words.opening) output.emit(text(line));
    output.emit(text(''));
    const connections = await playAll(invocation, services, directory);
    const verification = await verifyAudit(readAudit(services.store), { checkpoints: [], keys: [] });
    output.emit(
      text(
        verification.sound
          ? words.sound(verification.records, verification.chains)
          : words.notSound(verification.first?.kind ?? ''),
      ),
    );
    const good = verification.sound && connections.every(({ asExpected }) => asExpected);
    return {
      value: { connections, log: { sound: verification.sound, records: verification.records } },
      exitCode: good ? 0 : 1,
    };
  } finally {
    await app.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

export const demoCommands: readonly CliCommand[] = [
  {
    path: ['demo'],
    summary: 'show every kind of outcome: a broker, a played gateway, real packets',
    declare() {},
    run: demo,
  },
];
