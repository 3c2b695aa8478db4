// The broker under test, started as an operator starts it: a configuration file, an import, `serve`.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { callBroker } from '../../src/cli/control/client.ts';
import { dataFiles } from '../../src/config/load.ts';
import type { Certificate } from './certificates.ts';
import type { Machine } from './namespace.ts';
import type { Account, Organisation } from './organisation.ts';
import { startPostgresql } from './postgresql.ts';

export type Dialect = 'sqlite' | 'postgresql';

/** One decision as the record has it. */
interface RecordedDecision {
  /** Epoch ms. */
  readonly at: number;
  readonly outcome: string;
  readonly reason: string | null;
  readonly detail: string | null;
}

type Holder = Pick<Account, 'staffCode' | 'userName'>;

export interface SecondNode {
  /** A command that goes through this node. */
  gatewarden(...args: string[]): Promise<unknown>;
  log(): string;
}

export interface Broker {
  readonly address: string;
  readonly address6: string;
  readonly port: number;
  readonly tlsPort: number;
  /** Where gateways ask over HTTPS. */
  readonly gatewayUrl: string;
  readonly portalPort: number;
  /** Of the console and its SCIM interface, on the loopback of the broker's machine. */
  readonly consolePort: number;
  /** Everything it has logged. */
  log(): string;
  /** What it has recorded for an account, oldest first. */
  decisionsOf(userName: string): Promise<RecordedDecision[]>;
  /** True when `audit verify` finds nothing wrong with the record. */
  recordIsSound(): Promise<boolean>;
  /** The whole record, exported. */
  exportRecord(): Promise<string>;
  /** `doctor GATEWAY`, whatever it finds. */
  doctor(gateway: string): Promise<string>;
  /** What is on record about sessions and personnel events of an account, oldest first. */
  recordsOf(account: Holder): Promise<{ readonly outcome: string; readonly at: number }[]>;
  /** A command of the program, as JSON. */
  gatewarden(...args: string[]): Promise<unknown>;
  /** Starts another node on the same PostgreSQL and machine, on ports of its own and without RADIUS/TLS. */
  startSecondNode(): Promise<SecondNode>;
  /** What `explain` says about a lookup code. */
  explain(lookupCode: string): Promise<RecordedDecision>;
}

const program = fileURLToPath(new URL('../../bin/gatewarden.js', import.meta.url));
const port = 1812;
const tlsPort = 2083;
const gatewayPort = 8083;
const portalPort = 8082;
const consolePort = 8081;
const http = '127.0.0.1:8080';
const keyFile = 'gatewarden.key';

/** Starts a broker that knows the organisation; it ends with its network. */
export async function startBroker(
  machine: Machine,
  parent: string,
  organisation: Organisation,
  options: {
    readonly dialect: Dialect;
    /** Section `eap` of its configuration. */
    readonly eap?: object;
    /** Its own certificate for RADIUS/TLS, and who may vouch for clients. */
    readonly tls?: { readonly certificate: Certificate; readonly authorityFile: string };
    /** Certificate of the portal, which workstations then reach over HTTPS by that name. */
    readonly portal?: { readonly certificate: Certificate; readonly hostName: string };
    /** Section `upstreams` of its configuration. */
    readonly upstreams?: readonly object[];
  },
): Promise<Broker> {
  const { tls, portal } = options;
  const directory = path.join(parent, `broker-${machine.name}`);
  await mkdir(directory, { mode: 0o700 });
  const configuration = path.join(directory, 'gatewarden.yaml');
  const organisationFile = path.join(directory, 'organisation.json');
  const exportFile = path.join(directory, 'audit.jsonl');
  const urlFile = path.join(directory, 'postgresql-url');
  const store = options.dialect === 'sqlite' ? { dialect: 'sqlite' } : { dialect: 'postgresql', urlFile };
  if (options.dialect === 'postgresql') {
    await writeFile(urlFile, `${await startPostgresql(machine, parent)}\n`, { mode: 0o600 });
  }
  // JSON is YAML.
  const settings = {
    dataDir: path.join(directory, 'data'),
    store,
    radius: {
      listen: [`${machine.address}:${port}`, `[${machine.address6}]:${port}`],
      ...(tls === undefined
        ? {}
        : {
            tls: {
              listen: [`${machine.address}:${tlsPort}`],
              certificateFile: tls.certificate.certificateFile,
              keyFile: tls.certificate.keyFile,
              caFile: tls.authorityFile,
            },
          }),
    },
    http: { listen: http },
    ...(tls === undefined
      ? {}
      : {
          gatewayHttp: {
            listen: `${machine.address}:${gatewayPort}`,
            tls: { certificateFile: tls.certificate.certificateFile, keyFile: tls.certificate.keyFile },
          },
        }),
    console: { listen: `127.0.0.1:${consolePort}` },
    portal:
      portal === undefined
        ? { listen: '127.0.0.1:0' }
        : {
            listen: `${machine.address}:${portalPort}`,
            hostName: `${portal.hostName}:${portalPort}`,
            tls: { certificateFile: portal.certificate.certificateFile, keyFile: portal.certificate.keyFile },
          },
    ...(options.upstreams === undefined ? {} : { upstreams: options.upstreams }),
    log: { level: 'debug' },
    ...(options.eap === undefined ? {} : { eap: options.eap }),
  };
  await writeFile(configuration, JSON.stringify(settings));
  await writeFile(organisationFile, organisation.toFile(), { mode: 0o600 });
  const gatewarden = (...args: string[]): Promise<string> =>
    machine.must(process.execPath, [program, ...args, '--config', configuration]);

  // As the command does it, without a process of its own for every look at the record.
  const exportRecord = async (): Promise<string> => {
    await callBroker({
      path: dataFiles(settings.dataDir).controlSocket,
      command: 'audit.export',
      arguments: { file: exportFile },
      input: null,
      output: { emit: () => {} },
      signal: AbortSignal.timeout(60_000),
    });
    return await readFile(exportFile, 'utf8');
  };

  await gatewarden('import', organisationFile);
  const server = machine.start(process.execPath, [program, 'serve', '--config', configuration]);
  const ready = machine.start(process.execPath, ['--input-type=module', '--eval', waitUntilReady]);
  const ended = server.finished.then(({ code }) => `it ended with ${code}`);
  const overdue = ready.printed(/^ready$/m, 90_000).then((is) => (is ? null : 'it was not ready in time'));
  const fault = await Promise.race([overdue, ended]);
  await ready.stop();
  if (fault !== null) throw new Error(`the broker did not start: ${fault}\n${tellingLines(server.output())}`);

  return {
    address: machine.address,
    address6: machine.address6,
    port,
    tlsPort,
    gatewayUrl: `https://${machine.address}:${gatewayPort}`,
    portalPort,
    consolePort,
    log: server.output,
    decisionsOf: async (userName) => decisionsIn(await exportRecord(), userName),
    exportRecord,
    async doctor(gateway) {
      const { output } = await machine.run(process.execPath, [
        ...[program, 'doctor', gateway, '--config', configuration],
      ]);
      return output;
    },
    recordsOf: async (account) => recordsIn(await exportRecord(), account),
    gatewarden: async (...args) => JSON.parse(await gatewarden(...args, '--json')) as unknown,
    async startSecondNode() {
      const dataDir = path.join(directory, 'data-second');
      await mkdir(dataDir, { mode: 0o700 });
      await copyFile(path.join(settings.dataDir, keyFile), path.join(dataDir, keyFile));
      const file = path.join(directory, 'second.yaml');
      const listen = '127.0.0.1:0';
      const second = {
        ...{ node: 'second', dataDir, store, radius: { listen: [`${machine.address}:${port + 100}`] } },
        ...{ http: { listen }, console: { listen }, portal: { listen } },
      };
      await writeFile(file, JSON.stringify(second));
      const started = machine.start(process.execPath, [program, 'serve', '--config', file]);
      if (!(await started.printed(/the broker is up/, 90_000))) {
        throw new Error(`the second node did not start:\n${tellingLines(started.output())}`);
      }
      return {
        gatewarden: async (...args) =>
          JSON.parse(await machine.must(process.execPath, [program, ...args, '--json', '--config', file])),
        log: started.output,
      };
    },
    recordIsSound: async () => {
      const verification = JSON.parse(await gatewarden('audit', 'verify', '--json')) as { sound: boolean };
      return verification.sound;
    },
    explain: async (lookupCode) =>
      JSON.parse(await gatewarden('explain', lookupCode, '--json')) as RecordedDecision,
  };
}

/** Of a log what is worth a look when a broker did not start: what is no mere information, and the end. */
function tellingLines(log: string): string {
  const lines = log.trim().split('\n');
  const last = lines.splice(-15);
  return [...lines.filter((line) => !/^\{"level":"(debug|info)"/.test(line)), '…', ...last].join('\n');
}

/** Runs on the broker's machine, where its HTTP port is. */
const waitUntilReady = `
  for (;;) {
    const answer = await fetch('http://${http}/readyz').catch(() => null);
    if (answer?.status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.log('ready');
`;

interface RecordLine {
  readonly type: string;
  readonly body: string;
  readonly personal: Readonly<Record<string, readonly [salt: string, value: string]>> | null;
}

/** What an export of the audit log says about sessions and personnel events of an account. */
export function recordsIn(
  lines: string,
  { staffCode, userName }: Holder,
): { readonly outcome: string; readonly at: number }[] {
  const records = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordLine)
    .filter(({ type }) => type === 'record')
    .map(({ body, personal }) => ({
      ...(JSON.parse(body) as { outcome: string; at: number; accountId: number | null }),
      isTheirs: personal?.['userName']?.[1] === userName || personal?.['staffCode']?.[1] === staffCode,
    }));
  const accountId = records.find((record) => record.isTheirs && record.accountId !== null)?.accountId;
  return records.filter((record) => record.isTheirs || record.accountId === accountId);
}

/** Decisions on a user name in an export of the audit log: the chained body, and the personal values beside it. */
export function decisionsIn(lines: string, userName: string): RecordedDecision[] {
  return (
    lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RecordLine)
      .filter(({ type, personal }) => type === 'record' && personal?.['userName']?.[1] === userName)
      .map(({ body }) => JSON.parse(body) as RecordedDecision)
      // An export goes chain by chain, and each listener of the broker has its own.
      .sort((a, b) => a.at - b.at)
  );
}
