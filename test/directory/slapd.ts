// A real OpenLDAP server on the loopback with a certificate of its own; under CI a machine without slapd is a failure.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';

const program = '/usr/sbin/slapd';
const modules = '/usr/lib/ldap';
const schemas = '/etc/ldap/schema';

export const isSlapdHere = existsSync(program) && existsSync(join(schemas, 'inetorgperson.schema'));
if (!isSlapdHere && process.env['CI'])
  throw new Error('slapd is not installed: the directory cannot be tested');

export const rootDn = 'cn=admin,dc=example,dc=vn';
export const rootPassword = 'khoa cua danh ba';
export const peopleBase = 'ou=people,dc=example,dc=vn';

/** What Active Directory calls the attributes that OpenLDAP lacks; numbers of the documentation arc. */
const activeDirectorySchema = `
attributetype ( 2.16.840.1.113556.1.4.8.1 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 2.16.840.1.113556.1.4.159.1 NAME 'accountExpires' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 2.16.840.1.113556.1.4.2.1 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 2.16.840.1.113556.1.4.221.1 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 2.16.840.1.113556.1.2.610.1 NAME 'employeeID' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 2.16.840.1.113556.1.5.9.1 NAME 'adUser' SUP top AUXILIARY MAY ( userAccountControl $ accountExpires $ objectGUID $ sAMAccountName $ employeeID ) )
`;

export interface Slapd {
  readonly url: string;
  readonly port: number;
  readonly ca: string;
  readonly caFile: string;
  /** LDIF of entries to add, or of changes. */
  modify(ldif: string): void;
  /** Ends the server; `start` brings it back with its data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function answers(port: number, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      socket.end();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Starts a server with a tree of its own. `entries`: LDIF loaded before it starts, below `dc=example,dc=vn`. */
export async function startSlapd(entries = ''): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-slapd-'));
  const file = (name: string) => join(folder, name);
  const run = (command: string, args: string[], input = '') =>
    execFileSync(command, args, { input, cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run('openssl', [
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Test CA',
  ]);
  run('openssl', ['req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=directory']);
  writeFileSync(file('server.ext'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n');
  const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
  run('openssl', [
    'x509',
    '-req',
    '-in',
    'server.csr',
    ...authority,
    '-extfile',
    'server.ext',
    '-out',
    'server.pem',
  ]);
  writeFileSync(file('ad.schema'), activeDirectorySchema);
  mkdirSync(file('data'));
  writeFileSync(
    file('slapd.conf'),
    [
      ...['core', 'cosine', 'inetorgperson'].map((name) => `include ${schemas}/${name}.schema`),
      `include ${file('ad.schema')}`,
      `modulepath ${modules}`,
      'moduleload back_mdb',
      `TLSCACertificateFile ${file('ca.pem')}`,
      `TLSCertificateFile ${file('server.pem')}`,
      `TLSCertificateKeyFile ${file('server.key')}`,
      'sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited',
      'database mdb',
      'suffix "dc=example,dc=vn"',
      `rootdn "${rootDn}"`,
      `rootpw "${rootPassword}"`,
      `directory ${file('data')}`,
      'maxsize 268435456',
      'dbnosync',
      'access to attrs=userPassword by anonymous auth by * none',
      'access to * by anonymous none by * read',
      '',
    ].join('\n'),
  );
  const tree = [
    'dn: dc=example,dc=vn\nobjectClass: organization\nobjectClass: dcObject\no: Example\ndc: example\n',
    `dn: ${peopleBase}\nobjectClass: organizationalUnit\nou: people\n`,
    entries,
  ].join('\n');
  run('/usr/sbin/slapadd', ['-q', '-f', file('slapd.conf')], tree);
  const port = await freePort();
  const url = `ldaps://127.0.0.1:${port}`;
  const ca = readFileSync(file('ca.pem'), 'utf8');
  let child: ReturnType<typeof spawn> | null = null;

  async function start(): Promise<void> {
    const started = spawn(program, ['-f', file('slapd.conf'), '-h', `${url}/`, '-d', '0'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    let said = '';
    started.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
    });
    const until = Date.now() + 20_000;
    while (!(await answers(port, ca))) {
      if (started.exitCode !== null || Date.now() > until) throw new Error(`slapd does not answer: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function stop(): Promise<void> {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGTERM');
    await ended;
  }

  await start();
  return {
    url,
    port,
    ca,
    caFile: file('ca.pem'),
    start,
    stop,
    modify(ldif) {
      const args = ['-H', url, '-D', rootDn, '-w', rootPassword, '-a'];
      execFileSync('ldapmodify', args, {
        input: ldif,
        env: { ...process.env, LDAPTLS_CACERT: file('ca.pem') },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
    },
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
