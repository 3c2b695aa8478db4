// Every key storage keeps the same contract: a key is made, opened again, signs, can't be read out, and is removed.
import { execFileSync, spawn } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentError } from '../../src/agent/agent-error.ts';
import { createFileKeyStore } from '../../src/agent/keys/file.ts';
import type { KeyStore } from '../../src/agent/keys/key-store.ts';
import { createPkcs11KeyStore } from '../../src/agent/keys/pkcs11.ts';
import { createTpmKeyStore } from '../../src/agent/keys/tpm.ts';

const softHsm = '/usr/lib/softhsm/libsofthsm2.so';
const has = (path: string) => existsSync(path);
/** Under CI a missing program is a failure, not a skip. */
const unless = (missing: boolean) => missing && process.env['CI'] === undefined;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatewarden-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

function contract(open: () => KeyStore | Promise<KeyStore>): void {
  it('makes a key, opens it again and signs with it', async () => {
    const store = await open();
    expect(await store.open('one')).toBeNull();
    const made = await store.create('one');
    const octets = Buffer.from('what is signed');
    const first = await made.sign(octets);
    await made.close();
    const opened = await store.open('one');
    if (opened === null) throw new Error('the key is gone');
    expect(opened.publicJwk).toEqual(made.publicJwk);
    const second = await opened.sign(octets);
    await opened.close();
    const key = createPublicKey({ key: { ...made.publicJwk }, format: 'jwk' });
    for (const signature of [first, second]) {
      expect(signature).toHaveLength(64);
      expect(verify('sha256', octets, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
      expect(verify('sha256', Buffer.from('another'), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(
        false,
      );
    }
  });

  it('keeps two keys apart, and removes one', async () => {
    const store = await open();
    const two = await store.create('two');
    await two.close();
    const one = await store.open('one');
    expect(one?.publicJwk).not.toEqual(two.publicJwk);
    await one?.close();
    await store.remove('two');
    expect(await store.open('two')).toBeNull();
    const still = await store.open('one');
    expect(still).not.toBeNull();
    await still?.close();
  });
}

describe('a file', () => {
  const open = () => createFileKeyStore(join(folder, 'files'));
  contract(open);

  it('is for its owner alone, and refused when others may read it', async () => {
    const file = join(folder, 'files', 'one.pem');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await chmod(file, 0o640);
    await expect(open().open('one')).rejects.toThrow(/can be read by others/);
    await chmod(file, 0o600);
    await expect(open().create('one')).rejects.toThrow(/EEXIST/);
  });
});

describe.skipIf(unless(!has(softHsm)))('a token behind PKCS #11 (SoftHSM)', () => {
  const former = process.env['SOFTHSM2_CONF'];
  beforeAll(async () => {
    const tokens = join(folder, 'tokens');
    execFileSync('mkdir', ['-m', '700', tokens]);
    const configuration = join(folder, 'softhsm2.conf');
    await writeFile(
      configuration,
      `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    process.env['SOFTHSM2_CONF'] = configuration;
    for (const label of ['work', 'other']) {
      execFileSync('softhsm2-util', [
        '--init-token',
        '--free',
        '--label',
        label,
        '--so-pin',
        '87654321',
        '--pin',
        '1234',
      ]);
    }
  });
  afterAll(() => {
    if (former === undefined) delete process.env['SOFTHSM2_CONF'];
    else process.env['SOFTHSM2_CONF'] = former;
  });

  const store = (changes: { pin?: string; token?: string | null; module?: string } = {}) =>
    createPkcs11KeyStore({
      module: changes.module ?? softHsm,
      token: changes.token === undefined ? 'work' : changes.token,
      pin: async () => changes.pin ?? '1234',
    });
  contract(() => store());

  it('does not give the private key away', () => {
    const shown = execFileSync(
      'pkcs11-tool',
      [
        '--module',
        softHsm,
        '--token-label',
        'work',
        '--login',
        '--pin',
        '1234',
        '--list-objects',
        '--type',
        'privkey',
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    expect(shown).toContain('gatewarden one');
    expect(shown).toMatch(/Access:.*sensitive.*always sensitive.*never extract/);
    expect(shown).not.toMatch(/Access:.*(?<!never )extractable(?!,? never)/);
  });

  it('says what is wrong with PIN, token and module', async () => {
    await expect(store({ pin: '9999' }).open('one')).rejects.toThrow(/PIN of the token is wrong/);
    const several = await store({ token: null })
      .open('one')
      .catch((error: unknown) => error);
    expect(several).toBeInstanceOf(AgentError);
    expect(several).toMatchObject({
      message: expect.stringContaining('several tokens'),
      remedy: expect.stringContaining('other'),
    });
    await expect(store({ token: 'nowhere' }).open('one')).rejects.toThrow(/has no token nowhere/);
    await expect(store({ module: '/nowhere.so' }).open('one')).rejects.toThrow(/no PKCS #11 module/);
    await expect(store({ module: '/bin/true' }).open('one')).rejects.toThrow(/no PKCS #11 module/);
  });
});

async function freePorts(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => server.close(resolve));
    // swtpm's control channel takes the next one.
    if (port > 0 && port < 65_535) return port;
  }
}

describe.skipIf(unless(!has('/usr/bin/swtpm') || !has('/usr/bin/tpm2_create')))('a TPM 2.0 (swtpm)', () => {
  let port: number;
  let swtpm: ReturnType<typeof spawn>;
  beforeAll(async () => {
    port = await freePorts();
    execFileSync('mkdir', ['-m', '700', join(folder, 'tpm')]);
    const server = `type=tcp,bindaddr=127.0.0.1,port=${port}`;
    const control = `type=tcp,bindaddr=127.0.0.1,port=${port + 1}`;
    swtpm = spawn(
      'swtpm',
      [
        'socket',
        '--tpm2',
        '--tpmstate',
        `dir=${join(folder, 'tpm')}`,
        '--server',
        server,
        '--ctrl',
        control,
        '--flags',
        'not-need-init,startup-clear',
      ],
      { stdio: 'ignore' },
    );
    // Up once the TPM answers: the tools report an error until then.
    for (let tries = 0; tries < 200; tries += 1) {
      try {
        execFileSync('tpm2_getrandom', ['-T', tcti(), '-Q', '-o', '/dev/null', '4'], { stdio: 'ignore' });
        return;
      } catch (error) {
        if (swtpm.exitCode !== null) throw error;
      }
    }
    throw new Error('swtpm does not answer');
  });
  afterAll(() => swtpm.kill());

  const tcti = () => `swtpm:host=127.0.0.1,port=${port}`;
  const store = () => createTpmKeyStore({ directory: join(folder, 'sealed'), tcti: tcti() });
  contract(store);

  it('keeps nothing on the disk that another TPM could use, or that holds the key in clear', async () => {
    const files = await readdir(join(folder, 'sealed'));
    expect(files.sort()).toEqual(['one.tpm-priv', 'one.tpm-pub']);
    const sealed = await readFile(join(folder, 'sealed', 'one.tpm-priv'));
    expect(sealed.includes('PRIVATE KEY')).toBe(false);
    execFileSync('tpm2_clear', ['-T', tcti(), '-Q', '-c', 'p']);
    await expect(store().open('one')).rejects.toThrow(/TPM refused/);
  });
});
