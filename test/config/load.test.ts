import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatewarden-config-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function load(text: string | null, env: Record<string, string> = {}): Config {
  const file = text === null ? null : join(directory, 'gatewarden.yaml');
  if (file !== null && text !== null) writeFileSync(file, text);
  return loadConfig({ file, env, workingDirectory: directory, hostName: 'broker-1.example.org' });
}

function faultOf(text: string | null, env: Record<string, string> = {}): OperatorError {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('defaults', () => {
  it('need no file and no environment', () => {
    const config = load(null);
    expect(config.dataDir).toBe(join(directory, 'var'));
    expect(config.store).toEqual({ dialect: 'sqlite', file: join(directory, 'var/gatewarden.sqlite') });
    expect(config.keys.file).toBe(join(directory, 'var/gatewarden.key'));
    expect(config.radius.listen).toEqual([
      { host: '0.0.0.0', port: 1812 },
      { host: '::', port: 1812 },
    ]);
    expect(config.http.listen).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(config.node).toBe('broker-1.example.org');
  });

  it('keep console and portal on the loopback', () => {
    const { console: site, portal } = load(null);
    expect([site.listen, portal.listen]).toEqual([
      { host: '127.0.0.1', port: 8081 },
      { host: '127.0.0.1', port: 8082 },
    ]);
    expect(site).toMatchObject({ hostName: null, tls: null, trustedProxies: [] });
  });

  it('are what the annotated example says', () => {
    const file = resolve(import.meta.dirname, '../../config/gatewarden.example.yaml');
    const workingDirectory = resolve(file, '..');
    const source = { env: {}, workingDirectory, hostName: 'a' };
    expect({ ...loadConfig({ ...source, file }), origin: null }).toEqual(
      loadConfig({ ...source, file: null }),
    );
  });

  it('also hold for sections that are empty', () => {
    expect({ ...load('radius:\n  # nothing\naudit:\n  checkpoints:\n'), origin: null }).toEqual(load(null));
  });

  it('cannot be changed by who holds them', () => {
    const config = load(null);
    expect(Object.isFrozen(config.radius.listen)).toBe(true);
    expect(Object.isFrozen(config.store)).toBe(true);
  });
});

describe('a file', () => {
  it('may be JSON, and its relative paths start at its directory', () => {
    const config = load('{"dataDir": "data", "profiles": {"directory": "dialects"}}');
    expect(config.dataDir).toBe(join(directory, 'data'));
    expect(config.profiles.directory).toBe(join(directory, 'dialects'));
  });

  it('that does not exist is named', () => {
    const file = join(directory, 'absent.yaml');
    expect(() => loadConfig({ file, env: {}, workingDirectory: directory, hostName: 'a' })).toThrow(
      `${file}: the configuration file does not exist.`,
    );
  });

  it.each([
    [
      'radius:\n  rejectDelayMS: 5\n',
      ':2',
      'radius.rejectDelayMS: there is no such setting',
      'Did you mean radius.rejectDelayMs?',
    ],
    ['raduis: {}\n', ':1', 'raduis: there is no such setting', 'Did you mean radius?'],
    [
      'dataDir: ./var\nxyzzy: 1\n',
      ':2',
      'xyzzy: there is no such setting',
      'Remove it. The file knows dataDir',
    ],
    [
      'radius:\n  rejectDelayMs: fast\n',
      ':2',
      'radius.rejectDelayMs: "fast" is not a whole number from 0 to 10000',
      'Left out, it is 1000',
    ],
    [
      'radius:\n  rejectDelayMs: 60000\n',
      ':2',
      '60000 is not a whole number from 0 to 10000',
      'below the timeout of every gateway',
    ],
    [
      'radius:\n  listen: [127.0.0.1]\n',
      ':2',
      'radius.listen[0]: "127.0.0.1" is not text of the right form',
      'host:port',
    ],
    [
      'radius:\n  listen: [example.org:1812]\n',
      ':2',
      '"example.org:1812" names no IP address',
      '127.0.0.1:1812',
    ],
    ['radius:\n  listen: ["127.0.0.1:99999"]\n', ':2', 'is no host:port', 'from 0 to 65535'],
    ['radius:\n  listen: []\n', ':2', 'radius.listen: [] is not a list', 'addresses and ports'],
    ['radius: 5\n', ':1', 'radius: 5 is not a section', 'Set radius to a section'],
    [
      'store:\n  dialect: mysql\n',
      ':2',
      'store.dialect: "mysql" is not one of sqlite, postgresql',
      'one host',
    ],
    ['store:\n  dialect: postgresql\n', ':2', 'no database is named', 'GATEWARDEN_STORE_URL'],
    ['store:\n  urlFile: x\n', ':2', 'store.urlFile is for PostgreSQL', 'Set store.dialect to postgresql'],
    ['log:\n  level: info\n  level: debug\n', ':3', 'Map keys must be unique', 'name each setting once'],
    ['log: [unclosed\n', ':', 'gatewarden.yaml', 'Correct the YAML'],
    ['store:\n  url: *other\n', ':2', 'the value begins with "*"', 'single quotes'],
    ['- a\n- b\n', '', 'the file holds no settings', 'name: value'],
    [
      'audit:\n  checkpoints:\n    targets:\n      - type: file\n',
      ':4',
      'audit.checkpoints.targets[0].directory is missing',
      'another host',
    ],
    [
      'audit:\n  checkpoints:\n    targets:\n      - type: file\n        directroy: /x\n',
      ':',
      'targets[0].direct',
      'directory',
    ],
    [
      'audit:\n  checkpoints:\n    targets:\n      - type: mail\n',
      ':4',
      'is not one of file, syslog, webhook',
      'kind of the target',
    ],
    [
      'audit:\n  checkpoints:\n    targets:\n      - type: webhook\n        url: http://siem.example.org/\n',
      ':5',
      'is not encrypted',
      'https://',
    ],
  ])('with a fault is refused with line, setting and remedy: %j', (text, line, message, remedy) => {
    const fault = faultOf(text);
    expect(fault.message).toContain(message);
    expect(fault.message).toContain(`gatewarden.yaml${line}`);
    expect(fault.remedy).toContain(remedy);
  });

  it.each([
    ['log:\n  level: smtps://gw:s3cr3t@mail.example.org:465\n', 'log.level: "…@mail.example.org:465"'],
    ['radius:\n  listen: ["gw s3cr3t@127.0.0.1:1812"]\n', '"…@127.0.0.1:1812" names no IP address'],
    ['radius:\n  listen: "udp://gw:s3cr3t@127.0.0.1"\n', 'radius.listen: "…@127.0.0.1" is not a list'],
  ])('with a password in the place of an address is refused without it: %j', (text, message) => {
    const fault = faultOf(text);
    expect(fault.message).toContain(message);
    expect(`${fault.message} ${fault.remedy} ${fault.stack}`).not.toContain('s3cr3t');
  });

  it('with several faults names them all', () => {
    const fault = faultOf('log:\n  level: loud\npassword:\n  queue: 0\n');
    expect(fault.message).toMatch(/Also wrong: /);
    expect(fault.message).toContain('log.level');
    expect(fault.message).toContain('password.queue');
  });

  it('must not hold the password of the database, and the refusal does not repeat it', () => {
    const fault = faultOf('store:\n  dialect: postgresql\n  url: postgresql://a:hunter2@db/x\n');
    expect(fault.message).toContain('store.url holds a password');
    expect(fault.remedy).toContain('store.urlFile');
    expect(fault.message + fault.remedy).not.toContain('hunter2');
    expect(faultOf('store:\n  url: *hunter2\n').message).not.toContain('hunter2');
    expect(faultOf('store:\n  dialect: postgresql\n  url: mysql://a:hunter2@db/x\n').message).not.toContain(
      'hunter2',
    );
  });

  it('does not repeat what stands in the place of a section that may hold a secret', () => {
    for (const text of [
      'store: postgresql://a:hunter2@db/x\n',
      'oidc: hunter2\n',
      'notices:\n  webhook: https://hooks.example.org/hunter2\n',
      'notices:\n  webhook:\n    - url: https://gatewarden:hunter2@hooks.example.org/\n',
      'audit:\n  checkpoints:\n    targets:\n      - type: webhook\n        url: hooks.example.org/hunter2\n',
    ]) {
      const { message, remedy } = faultOf(text);
      expect(message).toContain('the value is not');
      expect(message + remedy).not.toContain('hunter2');
    }
  });

  it('names the file that holds the URL of PostgreSQL', () => {
    writeFileSync(join(directory, 'url'), 'postgresql://a:hunter2@db1,db2/x\n');
    const config = load('store:\n  dialect: postgresql\n  urlFile: url\n');
    expect(config.store).toEqual({
      dialect: 'postgresql',
      url: 'postgresql://a:hunter2@db1,db2/x',
      poolSize: 8,
    });
    writeFileSync(join(directory, 'url'), 'password hunter2\n');
    const fault = faultOf('store:\n  dialect: postgresql\n  urlFile: url\n');
    expect(fault.message).toContain('holds no URL of PostgreSQL');
    expect(fault.message + fault.remedy).not.toContain('hunter2');
  });
});

describe('the environment', () => {
  it('wins over the file, setting by setting', () => {
    const config = load('radius:\n  rejectDelayMs: 500\n  receiveBufferBytes: 100000\n', {
      GATEWARDEN_RADIUS_REJECT_DELAY_MS: '250',
      GATEWARDEN_RADIUS_LISTEN: '127.0.0.1:11812, [::1]:11812',
      GATEWARDEN_DATA_DIR: 'elsewhere',
      UNRELATED: 'x',
    });
    expect(config.radius.rejectDelayMs).toBe(250);
    expect(config.radius.receiveBufferBytes).toBe(100_000);
    expect(config.radius.listen).toEqual([
      { host: '127.0.0.1', port: 11_812 },
      { host: '::1', port: 11_812 },
    ]);
    expect(config.dataDir).toBe(join(directory, 'elsewhere'));
  });

  it('may carry the database URL with its password', () => {
    const config = load('store:\n  dialect: postgresql\n', { GATEWARDEN_STORE_URL: 'postgresql://a:b@db/x' });
    expect(config.store).toMatchObject({ url: 'postgresql://a:b@db/x' });
  });

  it('takes lists of objects as JSON', () => {
    const config = load(null, {
      GATEWARDEN_AUDIT_CHECKPOINTS_TARGETS: '[{"type":"syslog","server":"log:514"}]',
    });
    expect(config.audit.checkpoints.targets).toEqual([
      { type: 'syslog', server: 'log:514', transport: 'udp', facility: 13 },
    ]);
  });

  it.each([
    [{ GATEWARDEN_RADIUS_REJECT_DELAY: '1' }, 'which is no setting', 'GATEWARDEN_RADIUS_REJECT_DELAY_MS'],
    [
      { GATEWARDEN_PASSWORD_QUEUE: 'many' },
      'GATEWARDEN_PASSWORD_QUEUE: password.queue: "many"',
      'whole number',
    ],
    [{ GATEWARDEN_AUDIT_CHECKPOINTS_TARGETS: '[{' }, 'no valid JSON', 'JSON list'],
  ])('with a fault is refused by the name of the variable: %j', (env, message, remedy) => {
    const fault = faultOf(null, env);
    expect(fault.message).toContain(message);
    expect(fault.remedy).toContain(remedy);
  });
});

describe('a web listener', () => {
  it('goes off the loopback only with TLS or behind a named proxy, and with a host name', () => {
    const site = load(
      'console:\n  listen: 192.0.2.1:443\n  hostName: Console.example.org\n  tls:\n    certificateFile: a.pem\n    keyFile: a.key\n',
    ).console;
    expect(site.hostName).toBe('console.example.org');
    expect(site.tls?.certificateFile).toMatch(/^\/.*a\.pem$/);
    const behind = load(
      'portal:\n  listen: 0.0.0.0:8082\n  hostName: vpn.example.org\n  trustedProxies: [192.0.2.0/28, "2001:db8::1"]\n',
    ).portal;
    expect(behind.trustedProxies).toEqual(['192.0.2.0/28', '2001:db8::1']);
  });

  it.each([
    ['console:\n  listen: 0.0.0.0:8081\n', 'plain HTTP'],
    ['portal:\n  listen: "[::]:8082"\n  hostName: vpn.example.org\n', 'plain HTTP'],
    ['portal:\n  trustedProxies: [192.0.2.10]\n', 'portal.hostName is missing'],
    ['console:\n  tls:\n    certificateFile: a.pem\n', 'console.tls.keyFile is not'],
    ['console:\n  trustedProxies: [proxy.example.org]\n', 'neither an address nor a prefix'],
    ['console:\n  trustedProxies: [192.0.2.0/33]\n', 'neither an address nor a prefix'],
    ['console:\n  hostName: https://console.example.org\n', 'console.hostName'],
  ])('is refused: %j', (text, message) => {
    expect(() => load(text)).toThrow(message);
  });
});

describe('the OpenID Connect provider', () => {
  const least = 'oidc:\n  issuer: https://id.example.org\n  clientId: gatewarden\n';
  const secret = '  clientSecretFile: oidc-secret\n';

  it('is none by default, and needs issuer, client and secret alone', () => {
    expect(load(null).oidc).toBeNull();
    expect(load(`${least}${secret}`).oidc).toEqual({
      issuer: 'https://id.example.org',
      clientId: 'gatewarden',
      clientAuthentication: 'client_secret_basic',
      secret: { file: join(directory, 'oidc-secret') },
      caFile: null,
      scopes: [],
      identity: { claim: 'sub', matches: 'signInName', domain: null },
      secondFactor: { amr: ['mfa'], acr: [], acrs: [] },
      maxAgeSeconds: 43_200,
      timeoutSeconds: 5,
      passwordSignIn: 'allowed',
      signOutAtProvider: true,
      allowHttpOnLoopback: false,
    });
  });

  it('takes the secret from the environment, never from the file', () => {
    const env = { GATEWARDEN_OIDC_CLIENT_SECRET: 'from-the-environment' };
    expect(load(least, env).oidc?.secret).toEqual({ text: 'from-the-environment' });
    const fault = faultOf(`${least}  clientSecret: hunter2\n`);
    expect(fault.message).toContain('oidc.clientSecret stands in the configuration file');
    expect(`${fault.message} ${fault.remedy}`).not.toContain('hunter2');
    expect(faultOf(least).message).toContain('oidc.clientSecretFile is missing');
    expect(faultOf(`${least}${secret}`, env).message).toContain(
      'is set beside GATEWARDEN_OIDC_CLIENT_SECRET',
    );
  });

  it.each([
    ['http://id.example.org', ''],
    ['http://id.example.org', '  allowHttpOnLoopback: true\n'],
    ['http://localhost.example.org', '  allowHttpOnLoopback: true\n'],
    ['http://127.0.0.1:8080', ''],
  ])('is not spoken to in plain HTTP: %s %s', (issuer, more) => {
    const text = `${least.replace('https://id.example.org', issuer)}${secret}${more}`;
    expect(faultOf(text).message).toContain(`oidc.issuer is ${issuer}`);
  });

  it('may be on the loopback where that is said', () => {
    const text = `${least.replace('https://id.example.org', 'http://127.0.0.1:8080/realms/x')}${secret}`;
    expect(load(`${text}  allowHttpOnLoopback: true\n`).oidc?.issuer).toBe('http://127.0.0.1:8080/realms/x');
  });

  it('has a password count for no second factor', () => {
    const fault = faultOf(`${least}${secret}  secondFactor:\n    amr: [mfa, pwd]\n`);
    expect(fault.message).toContain('a password is no second factor');
  });
});
