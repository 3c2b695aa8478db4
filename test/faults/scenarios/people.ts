// Twenty-five thousand people, hired and synchronised by a file, by SCIM and from a directory through a running broker; a second run writes nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuSeconds } from '../../../scripts/bench/processors.ts';
import { peopleBase, rootDn, rootPassword, startSlapd } from '../../directory/slapd.ts';
import { command } from '../harness/broker.ts';
import { bulk, eventFile, scimClient, scimUser } from '../harness/personnel.ts';
import { freeTcpPort } from '../harness/ports.ts';
import { type Dialect, inWorld } from './world.ts';

/** How people come. */
export const ways = ['file', 'bulk', 'single', 'directory'] as const;
export type Way = (typeof ways)[number];

const opsInOneRequest = 500;
/** As many as a client that makes users one by one has under way. */
const requestsAtOnce = 16;

interface Figures {
  /** Seconds by what was done. */
  readonly seconds: Readonly<Record<string, number>>;
}

export async function synchronisePeople(options: {
  readonly dialect: Dialect;
  readonly size: number;
  /** All unless said. */
  readonly by?: readonly Way[];
  /** The longest that any of the runs may take. */
  readonly mostSeconds: number;
  readonly say?: (line: string) => void;
}): Promise<Figures> {
  const { dialect, size, mostSeconds, by = ways } = options;
  const consolePort = await freeTcpPort();
  const people = (prefix: string) =>
    Array.from({ length: size }, (_, i) => ({
      staffCode: `${prefix}-${String(i).padStart(6, '0')}`,
      fullName: `Nguyễn Văn ${prefix} ${i}`,
      unit: `U${1 + (i % 60)}`,
    }));
  const [byFile, byScim, byDirectory, oneByOne] = [people('F'), people('S'), people('D'), people('P')];
  const slapd = await startSlapd(
    (by.includes('directory') ? byDirectory : [])
      .map(({ staffCode, fullName, unit }, i) =>
        [
          `dn: uid=${staffCode},${peopleBase}`,
          'objectClass: inetOrgPerson',
          'objectClass: adUser',
          `uid: ${staffCode}`,
          'sn: x',
          `cn: ${staffCode}`,
          `objectGUID:: ${Buffer.from(String(i).padStart(16, '0')).toString('base64')}`,
          `sAMAccountName: ${staffCode}`,
          'userAccountControl: 512',
          'accountExpires: 0',
          `employeeID: ${staffCode}`,
          `displayName:: ${Buffer.from(fullName).toString('base64')}`,
          `departmentNumber: ${unit}`,
          '',
        ].join('\n'),
      )
      .join('\n'),
  );
  const passwordFile = join(slapd.caFile, '../bind-password');
  writeFileSync(passwordFile, rootPassword, { mode: 0o600 });
  const directory = {
    source: 'ad',
    url: slapd.url,
    caFile: slapd.caFile,
    bindDn: rootDn,
    passwordFile,
    base: peopleBase,
    filter: '(objectClass=inetOrgPerson)',
    attributes: { unit: 'departmentNumber' },
    intervalSeconds: 86_400,
    hire: true,
  };
  try {
    return await inWorld(
      { ...options, accounts: 100, first: { consolePort, sections: { directories: [directory] } } },
      async (world) => {
        const node = await world.node();
        for (const [name, kind] of [
          ['hr', 'file'],
          ['idp', 'scim'],
          ['ad', 'directory'],
        ] as const)
          await command(node, 'source', 'add', name, '--kind', kind);
        await command(node, 'source', 'set', 'idp', '--default-unit', 'U1');
        const { token } = (await command(node, 'token', 'create', 'client', '--source', 'idp')) as {
          token: string;
        };
        const broker = await world.start();
        const seconds: Record<string, number> = {};
        const faults: string[] = [];
        const used = () => [cpuSeconds(broker.pid), world.database?.cpuSeconds() ?? 0];
        const time = async (what: string, work: () => Promise<void>) => {
          const startedAt = performance.now();
          const before = used();
          await work();
          const took = Math.round((performance.now() - startedAt) / 100) / 10;
          seconds[what] = took;
          const [ofBroker = 0, ofDatabase = 0] = used().map((now, i) => now - (before[i] ?? 0));
          const processors = `${ofBroker.toFixed(1)} s of processors${world.database === null ? '' : `, ${ofDatabase.toFixed(1)} s of the database's`}`;
          world.say(`${dialect}: ${what}: ${took} s for ${size} people (${processors})`);
          if (took > mostSeconds) faults.push(`${what} took ${took} s, more than ${mostSeconds} s`);
        };
        const expectThat = (what: string, is: unknown, should: unknown) => {
          if (is !== should) faults.push(`${what}: ${String(is)} instead of ${String(should)}`);
        };

        if (by.includes('file')) {
          const file = join(node.directory, 'people.csv');
          writeFileSync(file, eventFile('Tuyển dụng', byFile));
          type Report = { applied: number; same: number };
          const load = () => command(node, 'lifecycle', 'import', file, '--source', 'hr') as Promise<Report>;
          await time('file', async () => expectThat('hired by file', (await load()).applied, size));
          await time('file again', async () => expectThat('known by file', (await load()).same, size));
        }

        const scim = scimClient(consolePort, 'idp', token);
        const ids = new Map<string, string>();
        const send = async (
          operation: (one: (typeof byScim)[number], i: number) => object,
          status: string,
        ) => {
          for (let at = 0; at < size; at += opsInOneRequest) {
            const some = byScim.slice(at, at + opsInOneRequest);
            const { body } = await scim.ask(
              'POST',
              '/Bulk',
              bulk(some.map((one, i) => operation(one, at + i))),
            );
            for (const [i, done] of (body.Operations as { status: string; location?: string }[]).entries()) {
              expectThat('a SCIM operation', done.status, status);
              ids.set(some[i]?.staffCode ?? '', done.location?.split('/').pop() ?? '');
            }
          }
        };
        const data = (one: (typeof byScim)[number]) => scimUser({ ...one, active: true });
        if (by.includes('bulk')) {
          await time('SCIM', () =>
            send((one, i) => ({ method: 'POST', path: '/Users', bulkId: `b${i}`, data: data(one) }), '201'),
          );
          await time('SCIM again', () =>
            send(
              (one) => ({ method: 'PUT', path: `/Users/${ids.get(one.staffCode)}`, data: data(one) }),
              '200',
            ),
          );
        }

        if (by.includes('single')) {
          await time(`SCIM, one by one, ${requestsAtOnce} at a time`, async () => {
            const left = oneByOne.values();
            await Promise.all(
              Array.from({ length: requestsAtOnce }, async () => {
                for (const one of left)
                  expectThat('a User', (await scim.ask('POST', '/Users', data(one))).status, 201);
              }),
            );
          });
        }

        if (by.includes('directory')) {
          type Read = { report: { entries: number; changed: number; events: number } };
          const poll = () => command(node, 'source', 'poll', 'ad') as Promise<Read>;
          await time('directory', async () =>
            expectThat('hired by directory', (await poll()).report.events, size),
          );
          await time('directory again', async () =>
            expectThat('changed in the directory', (await poll()).report.changed, 0),
          );
        }
        await broker.stop();

        const services = await world.site.open(node);
        try {
          const [events, users] = await services.store.read(async (db) => [
            await db.select({ id: db.tables.lifecycleEvents.id }).from(db.tables.lifecycleEvents),
            await db.select({ version: db.tables.feedUsers.version }).from(db.tables.feedUsers),
          ]);
          expectThat('events in all', events.length, by.length * size);
          expectThat('rows that a second run wrote', users.filter(({ version }) => version !== 1).length, 0);
        } finally {
          await services.close();
        }
        if (faults.length > 0) throw new Error([...new Set(faults)].slice(0, 10).join('\n'));
        return { seconds };
      },
    );
  } finally {
    await slapd.remove();
  }
}
