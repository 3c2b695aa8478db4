// A real FreeRADIUS as the older server that knows passwords; under CI a machine without it is a failure.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createRadiusUpstream } from '../../src/radius-server/radius-upstream.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { type LogLine, recordingLog } from './harness.ts';

const program = '/usr/sbin/freeradius';
const isHere = existsSync(program);
if (!isHere && process.env['CI']) throw new Error('freeradius is not installed');
const secret = 'k3Vt9wQz7LmX2rBn8sYc4hJd6fGa5pTe';

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

const configuration = (folder: string, port: number) => `
prefix = /usr
name = radiusd
confdir = ${folder}
localstatedir = ${folder}
logdir = ${folder}
run_dir = ${folder}/run
pidfile = ${folder}/run/radiusd.pid
libdir = /usr/lib/freeradius
log {
  destination = stdout
}
security {
  reject_delay = 0
  status_server = no
  allow_vulnerable_openssl = yes
}
client broker {
  ipaddr = 127.0.0.1
  secret = "${secret}"
  require_message_authenticator = yes
}
modules {
  pap {
  }
}
server old {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    if (&User-Name == "nvduc") {
      update control {
        Cleartext-Password := "mật khẩu ở nơi cũ, dài hơn mười sáu octet"
      }
    }
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
  post-auth {
    update reply {
      Message-Authenticator := 0x00
    }
    Post-Auth-Type REJECT {
      update reply {
        Message-Authenticator := 0x00
      }
    }
  }
}
`;

describe.skipIf(!isHere)('FreeRADIUS as an upstream', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-freeradius-'));
  let server: ChildProcess;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    mkdirSync(join(folder, 'run'), { mode: 0o700 });
    writeFileSync(join(folder, 'radiusd.conf'), configuration(folder, port), { mode: 0o600 });
    const args = ['-f', '-l', 'stdout', '-d', folder, '-D', '/usr/share/freeradius', '-n', 'radiusd'];
    const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    server = started;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const hear = (text: Buffer) => {
        said += text.toString();
        if (said.includes('Ready to process requests')) resolve();
      };
      started.stdout.on('data', hear);
      started.stderr.on('data', hear);
      started.once('exit', () => reject(new Error(`FreeRADIUS ended: ${said}`)));
    });
  });
  afterAll(async () => {
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    server.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (sharedSecret: string, timeoutMs: number) => {
    const lines: LogLine[] = [];
    const upstream = createRadiusUpstream({
      upstream: 'old',
      host: '127.0.0.1',
      port,
      secret: createSecret(Buffer.from(sharedSecret)),
      nasIdentifier: 'gatewarden',
      relayChallenges: false,
      timeoutMs,
      clock: systemClock,
      random: systemRandom,
      log: recordingLog(lines),
    });
    const ask = (userName: string, password: string) =>
      upstream.ask({
        userName,
        password,
        station: '198.51.100.7',
        deadline: systemClock.monotonic() + 20_000,
      });
    return { ask, lines, close: () => upstream.close() };
  };

  test('says right and wrong, and its replies are signed', async () => {
    const { ask, lines, close } = open(secret, 15_000);
    expect(await ask('nvduc', 'mật khẩu ở nơi cũ, dài hơn mười sáu octet')).toBe('right');
    expect(await ask('nvduc', 'another')).toBe('wrong');
    expect(await ask('nobody', 'mật khẩu ở nơi cũ, dài hơn mười sáu octet')).toBe('wrong');
    expect(lines).toEqual([]);
    await close();
  });

  test('says nothing to a secret that is not its own', async () => {
    const { ask, close } = open('another-secret-of-32-characters!', 600);
    expect(await ask('nvduc', 'mật khẩu ở nơi cũ, dài hơn mười sáu octet')).toBe('unavailable');
    await close();
  });
});
