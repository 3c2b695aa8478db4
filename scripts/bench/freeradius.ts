// FreeRADIUS 3 doing the broker's job, for comparison: validity, workstation, code, an audit row for each decision and
// single use of codes in SQLite with synchronous=FULL; or the `files` module, which records nothing.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteConnection } from '../../src/store/sqlite/connection.ts';
import { type Server, type ServerOptions, untilAnswer } from './broker.ts';
import type { EapFiles } from './eap.ts';
import { pinned, stopProcess } from './processors.ts';
import type { Users } from './users.ts';

export type FreeradiusBackend = 'sqlite' | 'files';

const binaries = ['freeradius', 'radiusd'];
const threads = 4;
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The program's name and version; null when it is not installed. */
export function findFreeradius(): { readonly binary: string; readonly version: string } | null {
  for (const binary of binaries) {
    const said = spawnSync(binary, ['-v'], { encoding: 'utf8' });
    const version = /Version (\d+\.\d+\.\d+)/.exec(said.stdout ?? '')?.[1];
    if (said.status === 0 && version?.startsWith('3.')) return { binary, version };
  }
  return null;
}

/** Attribute, operator and value of each check of an account. */
function checksOf(users: Users, index: number): [string, string, string][] {
  const { password, seed, workstation, expires } = users.at(index);
  const [year, month, day] = expires.split('-');
  return [
    ['Calling-Station-Id', '==', workstation],
    ['Cleartext-Password', ':=', password],
    ['TOTP-Secret', ':=', seed],
    ['Expiration', ':=', `${Number(day)} ${months[Number(month) - 1]} ${year}`],
  ];
}

function fillDatabase(file: string, users: Users): void {
  const connection = openSqliteConnection(file, 'create');
  try {
    connection.pragma('synchronous = OFF');
    connection.exec(`
      CREATE TABLE radcheck (id INTEGER PRIMARY KEY, username TEXT NOT NULL, attribute TEXT NOT NULL, op TEXT NOT NULL,
        value TEXT NOT NULL);
      CREATE TABLE radpostauth (id INTEGER PRIMARY KEY, username TEXT NOT NULL, station TEXT, reply TEXT, nas TEXT,
        reason TEXT, authdate TEXT NOT NULL);
      CREATE TABLE used (username TEXT NOT NULL, code TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (username, code));
      BEGIN`);
    const insert = connection.prepare(
      'INSERT INTO radcheck (username, attribute, op, value) VALUES (?, ?, ?, ?)',
    );
    for (let index = 0; index < users.count; index += 1) {
      const { userName } = users.at(index);
      for (const check of checksOf(users, index)) insert.run(userName, ...check);
    }
    connection.exec('COMMIT; CREATE INDEX radcheck_username ON radcheck (username)');
    connection.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    connection.close();
  }
}

function writeUsersFile(file: string, users: Users): void {
  const entries: string[] = [];
  for (let index = 0; index < users.count; index += 1) {
    const checks = checksOf(users, index).map(([name, op, value]) => `${name} ${op} "${value}"`);
    entries.push(`${users.at(index).userName}\t${checks.join(', ')}\n`);
  }
  writeFileSync(file, entries.join(''));
}

const sqlModule = (database: string): string => `
  sql {
    dialect = "sqlite"
    driver = "rlm_sql_sqlite"
    sqlite { filename = "${database}", busy_timeout = 2000 }
    open_query = "PRAGMA synchronous=FULL"
    read_groups = no
    read_profiles = no
    sql_user_name = "%{User-Name}"
    authorize_check_query = "SELECT id, username, attribute, value, op FROM radcheck WHERE username = '%{SQL-User-Name}' ORDER BY id"
    pool { start = ${threads}, min = ${threads}, max = ${threads}, spare = ${threads}, uses = 0, retry_delay = 1, lifetime = 0, idle_timeout = 0 }
    post-auth {
      query = "INSERT INTO radpostauth (username, station, reply, nas, reason, authdate) VALUES ('%{SQL-User-Name}', '%{Calling-Station-Id}', '%{reply:Packet-Type}', '%{NAS-Identifier}', '%{Module-Failure-Message}', '%l')"
    }
  }`;

/** One row changed: the first use of this code within ten minutes. rlm_totp itself takes a code as often as it comes. */
const singleUse = `
      if ("%{sql:INSERT INTO used VALUES ('%{User-Name}', '%{TOTP-Password}', %l) ON CONFLICT (username, code) DO UPDATE SET at = excluded.at WHERE used.at < excluded.at - 600}" != "1") {
        reject
      }`;

const eapModule = ({ certificateFile, keyFile }: EapFiles): string => `
  eap {
    default_eap_type = ttls
    timer_expire = 60
    ignore_unknown_eap_types = no
    max_sessions = 65536
    tls-config common {
      private_key_file = ${keyFile}
      certificate_file = ${certificateFile}
      ca_file = ${certificateFile}
      cipher_list = "DEFAULT"
      tls_min_version = "1.2"
      tls_max_version = "1.2"
      fragment_size = 1024
    }
    ttls { tls = common, default_eap_type = gtc, copy_request_to_tunnel = yes, use_tunneled_reply = yes, virtual_server = inner }
  }`;

interface Setup {
  readonly directory: string;
  readonly backend: FreeradiusBackend;
  readonly port: number;
  readonly secret: string;
  readonly users: Users;
  readonly binary: string;
  /** For EAP-TTLS with PAP; without it there is no EAP. */
  readonly eap?: EapFiles;
}

function configText({ directory, backend, port, secret, eap }: Setup): string {
  const isSql = backend === 'sqlite';
  const lookup = isSql ? 'sql' : 'files';
  const record = isSql ? 'sql' : '';
  const [eapFirst, eapOwn] =
    eap === undefined ? ['', ''] : ['eap {\n      ok = return\n    }', 'Auth-Type eap {\n      eap\n    }'];
  // What is inside a tunnel is judged and recorded there; the end of the tunnel has nothing to add.
  const sections = (first: string, own: string, recorded: string): string => `
  authorize {
    ${first}
    ${lookup}
    expiration
    if (&User-Password) {
      update control { Auth-Type := CODE }
    }
  }
  authenticate {
    Auth-Type CODE {
      if (&User-Password =~ /^([0-9]{6})$/) {
        update request { TOTP-Password := "%{1}" }
      }
      elsif (&User-Password =~ /^(.*)([0-9]{6})$/) {
        update request { TOTP-Password := "%{2}", User-Password := "%{1}" }
        pap
      }
      if (&TOTP-Password) {
        totp
      }
      else {
        reject
      }
      ${isSql ? singleUse : ''}
    }
    ${own}
  }
  post-auth {
    update reply { Message-Authenticator := 0x00 }
    ${recorded}
    Post-Auth-Type REJECT {
      update reply { Message-Authenticator := 0x00 }
      ${recorded}
    }
  }`;
  return `
prefix = /usr
name = radiusd
confdir = ${directory}
run_dir = ${directory}
logdir = ${directory}
libdir = /usr/lib/freeradius
pidfile = ${directory}/radiusd.pid
max_request_time = 10
cleanup_delay = 5
max_requests = 600000
hostname_lookups = no
log { destination = files, file = ${directory}/radius.log, auth = no }
security { reject_delay = 0, status_server = yes, allow_vulnerable_openssl = yes, max_attributes = 200 }
thread pool { start_servers = ${threads}, max_servers = ${threads}, min_spare_servers = 1, max_spare_servers = ${threads}, max_queue_size = 65536, max_requests_per_server = 0, auto_limit_acct = no }
proxy_requests = ${eap === undefined ? 'no' : 'yes'}
client bench { ipaddr = 127.0.0.1, secret = "${secret}", require_message_authenticator = yes, nas_type = other }
modules {
  pap { normalise = no }
  expiration { }
  totp { }
  always reject { rcode = reject }
  ${isSql ? sqlModule(join(directory, 'radius.sqlite')) : `files { filename = ${directory}/users }`}
  ${eap === undefined ? '' : eapModule(eap)}
}
${
  eap === undefined
    ? ''
    : `server inner {${sections('', '', record)}
}`
}
server default {
  listen { type = auth, ipaddr = 127.0.0.1, port = ${port}, recv_buff = 8388608 }
${sections(eapFirst, eapOwn, eap === undefined ? record : '')}
}
`;
}

/** Writes a configuration and the accounts into `directory`, afresh, and starts the server. */
export async function startFreeradius(setup: Setup, { processors }: ServerOptions): Promise<Server> {
  const { directory, backend, port, secret, users, binary } = setup;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (backend === 'sqlite') fillDatabase(join(directory, 'radius.sqlite'), users);
  else writeUsersFile(join(directory, 'users'), users);
  writeFileSync(join(directory, 'radiusd.conf'), configText(setup));
  const parameters = ['-d', directory, '-D', '/usr/share/freeradius', '-n', 'radiusd', '-f', '-l', 'stdout'];
  const startedAt = performance.now();
  const child = spawn(...pinned(processors, binary, parameters), { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const firstAnswerMs = await untilAnswer(port, secret, startedAt, child);
    return { pid: child.pid ?? 0, port, firstAnswerMs, stop: () => stopProcess(child) };
  } catch (error) {
    await stopProcess(child);
    throw error;
  }
}
