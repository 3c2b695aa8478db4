// What withdraws nobody, from the source to whoever is told: a directory that is stopped, one that answers nothing, half a file;
// and of too many leavers at once only as many as the brake lets through.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peopleBase, rootDn, rootPassword, startSlapd } from '../../directory/slapd.ts';
import { command } from '../harness/broker.ts';
import { eventFile } from '../harness/personnel.ts';
import { until } from '../harness/until.ts';
import { type Dialect, inWorld } from './world.ts';

const size = 60;
/** Of the brake, unless it is set otherwise. */
const letThrough = 20;

type Person = { readonly staffCode: string; readonly fullName: string };

/** A syslog server: which rule raised each alert that came, and of which source. */
async function startSyslog() {
  const socket = createSocket('udp4');
  const told: string[] = [];
  socket.on('message', (message) => {
    const text = message.toString('utf8');
    const { about, facts } = JSON.parse(text.slice(text.indexOf('{'))) as {
      readonly about: string;
      readonly facts: { readonly source: string };
    };
    told.push(`${about} of ${facts.source}`);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  return { port, told, close: () => socket.close() };
}

const entry = ({ staffCode, fullName }: Person, i: number) =>
  [
    `dn: uid=${staffCode},${peopleBase}`,
    ...[
      'objectClass: inetOrgPerson',
      'objectClass: adUser',
      `uid: ${staffCode}`,
      'sn: x',
      `cn: ${staffCode}`,
    ],
    `objectGUID:: ${Buffer.from(String(i).padStart(16, '0')).toString('base64')}`,
    ...[`sAMAccountName: ${staffCode}`, 'userAccountControl: 512', 'accountExpires: 0'],
    `employeeID: ${staffCode}`,
    `displayName:: ${Buffer.from(fullName).toString('base64')}`,
    '',
  ].join('\n');

export async function loseSources(options: {
  readonly dialect: Dialect;
  readonly say?: (line: string) => void;
}): Promise<void> {
  const drop = mkdtempSync(join(tmpdir(), 'gatewarden-drop-'));
  const slapd = await startSlapd();
  const syslog = await startSyslog();
  const passwordFile = join(drop, '.bind-password');
  writeFileSync(passwordFile, rootPassword, { mode: 0o600 });
  const sections = {
    directories: [
      {
        ...{ source: 'ad', url: slapd.url, caFile: slapd.caFile, bindDn: rootDn, passwordFile },
        ...{ base: peopleBase, filter: '(objectClass=inetOrgPerson)', intervalSeconds: 86_400 },
      },
    ],
    folders: [{ source: 'drop', directory: drop, intervalSeconds: 1, settleSeconds: 1 }],
    notices: { syslog: [{ server: `127.0.0.1:${syslog.port}`, transport: 'udp', kinds: ['alert'] }] },
  };
  try {
    await inWorld({ ...options, accounts: size, first: { sections } }, async (world) => {
      const node = await world.node();
      const staff = Array.from({ length: size }, (_, i): Person => {
        const { userName } = world.site.users.at(i);
        return { staffCode: `S-${userName}`, fullName: `Nguyễn Văn ${userName}` };
      });
      await command(node, 'source', 'add', 'ad', '--kind', 'directory');
      await command(node, 'source', 'add', 'drop', '--kind', 'file');
      const broker = await world.start();

      /** Reads the directory now; `fault` is what must keep it from being read. */
      const poll = async (what: string, fault: string | null) => {
        const read = command(node, 'source', 'poll', 'ad');
        const said = await read.then(
          () => 'read',
          (error: unknown) => String(error),
        );
        if (!(fault === null ? said === 'read' : said.includes(`could not be read (${fault})`)))
          throw new Error(`${what}: ${said}`);
      };
      const expectSame = (what: string, is: unknown, should: unknown) => {
        const [left, right] = [is, should].map((value) => JSON.stringify(value));
        if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
        world.say(`${what}: ${left}`);
      };
      const expectTold = async (...alerts: readonly string[]) => {
        await until('it is told', 60_000, () => syslog.told.length >= alerts.length);
        expectSame('told', syslog.told, alerts);
      };
      const withdrawn = async () => {
        const { accounts } = (await command(node, 'account', 'list', '--state', 'withdrawn')) as {
          accounts: unknown[];
        };
        return accounts.length;
      };
      const put = (name: string, content: string) => {
        writeFileSync(join(drop, `${name}.tmp`), content);
        renameSync(join(drop, `${name}.tmp`), join(drop, name));
      };
      const lies = (place: string, pattern: RegExp) =>
        until(`a file in ${place}`, 120_000, () =>
          readdirSync(drop).includes(place)
            ? readdirSync(join(drop, place)).some((name) => pattern.test(name))
            : false,
        );

      slapd.modify(staff.map(entry).join('\n'));
      await poll('the whole directory', null);
      await slapd.stop();
      for (let i = 0; i < 3; i += 1) await poll('a directory that is stopped', 'unreachable');
      await expectTold('feed-fault of ad');
      await slapd.start();
      await poll('the directory, back again', null);
      slapd.modify(
        staff.map(({ staffCode }) => `dn: uid=${staffCode},${peopleBase}\nchangetype: delete\n`).join('\n'),
      );
      for (let i = 0; i < 3; i += 1) await poll('a directory that is empty', 'empty');
      await expectTold('feed-fault of ad', 'feed-fault of ad');

      const leavers = eventFile('Nghỉ hưu', staff);
      put('cat-doi.csv', leavers.slice(0, leavers.length / 2));
      await lies('refused', /^cat-doi.*\.fault\.txt$/);
      await expectTold('feed-fault of ad', 'feed-fault of ad', 'feed-fault of drop');
      expectSame('withdrawn so far', await withdrawn(), 0);

      put('ca-tep.csv', leavers);
      await lies('done', /^ca-tep/);
      await expectTold(
        'feed-fault of ad',
        'feed-fault of ad',
        'feed-fault of drop',
        'lifecycle-brake of drop',
      );
      expectSame('withdrawn', await withdrawn(), letThrough);
      const held = await command(node, 'lifecycle', 'hold', 'list', '--limit', '100');
      expectSame('held', (held as unknown[]).length, size - letThrough);
      await broker.stop();
      await world.settle();
    });
  } finally {
    syslog.close();
    await slapd.remove();
    rmSync(drop, { recursive: true, force: true });
  }
}
