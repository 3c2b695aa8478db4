// The workstation's program against the real routes: enrolment, renewal, proof, and a client that is started with what was typed.

import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAgent } from '../../src/agent/program.ts';
import { systemRandom } from '../../src/base/random.ts';
import { deviceRoutes } from '../../src/http/routes/device.ts';
import { createNonces } from '../../src/services/device/nonces.ts';
import { noFirstFactors } from '../../src/services/first-factor/first-factors.ts';
import { approveKey, createRegistrationCode, listPending } from '../../src/services/workstation-keys/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { createWorld, type TestAccount, type World } from '../services/world.ts';
import { silentLog } from '../store/silent-log.ts';

const monday = Date.UTC(2026, 2, 2, 1);

describe('gatewarden-agent', () => {
  const pin = '246810';
  let folder: string;
  let clock: TestClock;
  let world: World;
  let server: FastifyInstance;
  let address: string;
  let account: TestAccount;
  const by = { name: 'tester', via: 'command line' } as const;
  const acting = () => ({ store: world.store, keyring: world.keyring, clock, random: systemRandom, by });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatewarden-agent-'));
    clock = createTestClock(monday);
    const target = { dialect: 'sqlite' as const, file: join(folder, 'store.db') };
    const store = await openStore(target, { clock, random: systemRandom, log: silentLog, node: 'test' });
    world = await createWorld(store, clock);
    const node = await world.createNode('web');
    server = Fastify();
    await server.register(deviceRoutes, {
      firstFactors: noFirstFactors,
      ...acting(),
      node: 'web',
      log: node.log,
      passwords: node.passwords,
      settings: node.settings,
      isClockStable: () => true,
      nonces: createNonces({ keyring: world.keyring, random: systemRandom }),
    });
    address = await server.listen({ host: '127.0.0.1', port: 0 });
    account = await world.addAccount();
    await world.setPolicy('organisation', { leastEvidence: 3 });
  });
  afterAll(async () => {
    await server.close();
    await world.store.close();
    await world.close();
    await rm(folder, { recursive: true });
  });

  async function run(argv: readonly string[], typed: readonly string[] = [], off = 0) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    stdin.end(typed.map((line) => `${line}\n`).join(''));
    const exitCode = await runAgent({
      argv: [...argv.slice(0, 1), '--settings', join(folder, 'agent', 'settings.json'), ...argv.slice(1)],
      env: { PATH: '/usr/bin:/bin', GATEWARDEN_AGENT_PIN: pin },
      hostName: 'pc-kt-014',
      stdin,
      stdout,
      stderr,
      clock: off === 0 ? clock : createTestClock(clock.now() + off),
      random: systemRandom,
      stop: new AbortController().signal,
    });
    return { exitCode, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  }

  const connect = async (more: Parameters<World['login']>[1] = {}) => {
    const node = await world.createNode('radius');
    return await node.authenticate(world.login(account, { observed: [], station: '127.0.0.1', ...more }));
  };

  test('says what to do before it is enrolled, and takes no server without https', async () => {
    expect(await run(['status'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('not enrolled'),
    });
    const refused = await run(
      ['enroll', '--server', 'http://portal.example.org', '--storage', 'file'],
      ['x'],
    );
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('https') });
  });

  test('enrols with a code, waits for approval, and proves', async () => {
    const wrong = await run(['enroll', '--server', address, '--storage', 'file'], ['AAAA-BBBB-CCCC']);
    expect(wrong).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('registration code is wrong'),
    });
    const assetTag = 'MT-1';
    const { code } = await createRegistrationCode(acting(), { assetTag, hours: 1 });
    const enrolled = await run(['enroll', '--server', address, '--storage', 'file', '--certificate'], [code]);
    expect(enrolled).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('waits for approval (MT-1)'),
    });
    expect((await stat(join(folder, 'agent', 'settings.json'))).mode & 0o777).toBe(0o600);
    expect(await run(['prove', '--user', account.userName])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('does not know this workstation'),
    });
    const [waiting] = (await listPending(world.store, { unitIds: null, limit: 1 })).keys;
    await approveKey(acting(), { keyId: waiting?.keyId ?? 0 });
    expect(await run(['status'])).toMatchObject({ stdout: 'The key is registered: MT-1.\n' });
    const out = join(folder, 'certificate.pem');
    await run(['certificate', '--out', out]);
    expect(await readFile(out, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect(await run(['prove', '--user', account.userName])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'Proven from 127.0.0.1; connect within 60 s.\n',
    });
    expect(await connect()).toMatchObject({ kind: 'accept' });
  });

  test('says that the clock is off', async () => {
    const off = await run(['prove', '--user', account.userName], [], 86_400_000);
    expect(off).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/clock is off[\s\S]*Lookup code: [2-9A-Z]{4}-[2-9A-Z]{4}/),
    });
  });

  /** Tells what it was started with, and what it could read. */
  async function client(name: string): Promise<string> {
    const file = join(folder, name);
    // What openvpn and nmcli read is the path that ends in "answers".
    const read = 'for path in "$@"; do case "$path" in */answers) exec <"$path";; esac; done; cat';
    const told = `printf '%s\\n' "$@" >${file}.args\nenv >${file}.env`;
    await writeFile(file, `#!/bin/sh\n${told}\n(${read}) >${file}.read\nexit 7\n`);
    await chmod(file, 0o755);
    return file;
  }

  test("starts the client with what was typed on a pipe, not among its arguments, and without the token's PIN", async () => {
    for (const name of ['openconnect', 'openvpn', 'nmcli']) {
      const program = await client(name);
      const argv = [
        'connect',
        '--user',
        account.userName,
        '--client',
        name,
        '--program',
        program,
        '--token',
        '--',
        '--x',
      ];
      expect(await run(argv, ['secret123456'])).toMatchObject({ exitCode: 7, stderr: '' });
      expect(await readFile(`${program}.args`, 'utf8')).not.toContain('secret');
      expect(await readFile(`${program}.args`, 'utf8')).toContain('--x\n');
      const environment = await readFile(`${program}.env`, 'utf8');
      expect(environment).toContain('PATH=/usr/bin:/bin\n');
      expect(environment).not.toContain(pin);
      expect(await readFile(`${program}.read`, 'utf8')).toMatch(/secret123456~[a-z0-9]{16}\n$/);
    }
    const challenge = await client('openconnect');
    const argv = [
      'connect',
      '--user',
      account.userName,
      '--client',
      'openconnect',
      '--program',
      challenge,
      '--challenge',
      '--',
      'gw',
    ];
    await run(argv, ['secret', '123456']);
    expect(await readFile(`${challenge}.read`, 'utf8')).toBe('secret\n123456\n');
    expect(await readFile(`${challenge}.args`, 'utf8')).toBe(
      `--user\n${account.userName}\n--passwd-on-stdin\ngw\n`,
    );
    const missing = [
      'connect',
      '--user',
      account.userName,
      '--client',
      'nmcli',
      '--program',
      '/nowhere',
      '--',
      'x',
    ];
    expect(await run(missing, ['y'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('cannot be started'),
    });
  });

  test('renews its key, for which the former one vouches', async () => {
    clock.advance(60_000);
    expect(await run(['renew'])).toMatchObject({ exitCode: 0, stdout: 'The key is registered: MT-1.\n' });
    expect(await run(['prove', '--user', account.userName])).toMatchObject({ exitCode: 0 });
    expect(await connect()).toMatchObject({ kind: 'accept' });
  });
});
