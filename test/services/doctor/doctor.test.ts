import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkCheckpoints,
  checkClock,
  checkDatabase,
  checkDataDirectory,
  checkHttp,
  checkKeyFile,
  checkReceiveBuffer,
  checkSockets,
} from '../../../src/services/doctor/broker.ts';
import type { Finding } from '../../../src/services/doctor/finding.ts';
import { examineGateway, type GatewayCase, type GatewaySeen } from '../../../src/services/doctor/gateway.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatewarden-doctor-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Every finding that is not ok must say why and what to do, in both languages. */
function expectWhole(finding: Finding): void {
  const texts = finding.state === 'ok' ? [finding.what] : [finding.what, finding.why, finding.remedy];
  for (const text of texts) {
    expect(text?.en).toMatch(/\S/);
    expect(text?.vi).toMatch(/\S/);
  }
}

describe('the doctor on the broker', () => {
  it('finds a data directory that others can enter', async () => {
    chmodSync(directory, 0o700);
    expect((await checkDataDirectory(directory)).state).toBe('ok');
    chmodSync(directory, 0o755);
    expect((await checkDataDirectory(directory)).state).toBe('warn');
    chmodSync(directory, 0o777);
    const finding = await checkDataDirectory(directory);
    expect(finding).toMatchObject({ state: 'fault', remedy: { en: expect.stringContaining('chmod 700') } });
    expectWhole(finding);
    expect((await checkDataDirectory(join(directory, 'absent'))).state).toBe('fault');
  });

  it('finds a key file that is missing, open to others, broken, or full of former keys', async () => {
    const file = join(directory, 'key');
    const line = `${Buffer.alloc(32, 1).toString('base64')}\n`;
    expect((await checkKeyFile(file)).state).toBe('fault');
    writeFileSync(file, line, { mode: 0o600 });
    expect((await checkKeyFile(file)).state).toBe('ok');
    writeFileSync(file, line + Buffer.alloc(32, 2).toString('base64'));
    expect(await checkKeyFile(file)).toMatchObject({ state: 'warn' });
    chmodSync(file, 0o640);
    expect(await checkKeyFile(file)).toMatchObject({
      state: 'fault',
      remedy: { en: expect.stringContaining('chmod 600') },
    });
  });

  it('finds a clock that is not to be trusted, and says how far it is off', () => {
    expect(checkClock({ stable: true, fault: null, offsetMs: 0 }).state).toBe('ok');
    for (const fault of ['jumped', 'differs-from-database', 'earlier-than-before'] as const) {
      const finding = checkClock({ stable: false, fault, offsetMs: -7_000 });
      expect(finding.state).toBe('fault');
      expect(finding.what.vi).toContain('7 giây');
      expectWhole(finding);
    }
  });

  it('finds sockets that cannot be bound, with the remedy that fits', () => {
    const wanted = [{ host: '0.0.0.0', port: 1812 }];
    expect(checkSockets(wanted, []).state).toBe('ok');
    const taken = checkSockets(wanted, [{ endpoint: '0.0.0.0:1812', code: 'EADDRINUSE' }]);
    expect(taken).toMatchObject({ state: 'fault', remedy: { en: expect.stringContaining('ss -ulpn') } });
    const forbidden = checkSockets(wanted, [{ endpoint: '0.0.0.0:812', code: 'EACCES' }]);
    expect(forbidden.remedy?.en).toContain('CAP_NET_BIND_SERVICE');
  });

  it("finds the kernel's limit on receive buffers", async () => {
    const file = join(directory, 'rmem_max');
    writeFileSync(file, '212992\n');
    expect((await checkReceiveBuffer(212_992, file)).state).toBe('ok');
    const finding = await checkReceiveBuffer(4_194_304, file);
    expect(finding).toMatchObject({
      state: 'warn',
      remedy: { en: expect.stringContaining('net.core.rmem_max=4194304') },
    });
    expectWhole(finding);
    expect((await checkReceiveBuffer(1, join(directory, 'absent'))).state).toBe('ok');
  });

  it('finds a database that may forget what it has committed', () => {
    const description = { version: 'PostgreSQL 17', schema: '0000', faults: [] } as const;
    expect(checkDatabase(description).map(({ state }) => state)).toEqual(['ok']);
    const findings = checkDatabase({ ...description, faults: ['not-durable', 'no-synchronous-standby'] });
    expect(findings.map(({ state }) => state)).toEqual(['ok', 'fault', 'warn']);
    findings.forEach(expectWhole);
  });

  it('warns of HTTP that others reach, and of checkpoints that stay', () => {
    expect(['127.0.0.1', '127.8.8.8', '::1', 'localhost'].map((host) => checkHttp(host).state)).toEqual(
      Array(4).fill('ok'),
    );
    expect(['0.0.0.0', '::', '10.0.0.1'].map((host) => checkHttp(host).state)).toEqual(Array(3).fill('warn'));
    const none = { count: 0, oldestAt: null };
    expect([0, 1].map((targets) => checkCheckpoints(targets, none, 'Asia/Ho_Chi_Minh').state)).toEqual([
      'warn',
      'ok',
    ]);
  });

  it('finds checkpoints that no target takes, with the time in the zone of the organisation', () => {
    const undelivered = { count: 1, oldestAt: Date.UTC(2026, 2, 1, 18) };
    const finding = checkCheckpoints(1, undelivered, 'Asia/Ho_Chi_Minh');
    expect(finding.state).toBe('fault');
    expect(finding.what.en).toBe('1 checkpoint could not be delivered, the oldest from 01:00:00 02/03/2026.');
    expect(finding.what.vi).toContain('01:00:00 02/03/2026');
    expectWhole(finding);
  });
});

const seen: GatewaySeen = {
  lastRequestAt: Date.UTC(2026, 2, 1),
  requests: 10,
  unsigned: 0,
  methods: { pap: 10 },
  unreadablePasswords: 0,
  withoutNasIdentity: 0,
  withoutWorkstation: 0,
  refusedByProfile: {},
  useless: [],
  retransmissions: 0,
  shortestRetransmissionMs: null,
};

const healthy: GatewayCase = {
  name: 'gw',
  profile: 'ocserv',
  clientName: 'lab',
  clientPrefix: '192.0.2.0/24',
  hasTls: false,
  requireMessageAuthenticator: 'always',
  hasSigned: false,
  sharesClient: false,
  seen,
  dropped: {},
  rejectDelayMs: 1_000,
  timeZone: 'Asia/Ho_Chi_Minh',
  sendsWorkstation: true,
  leastEvidence: 2,
  carriesProof: true,
  sessionTimeout: 'honoured',
  isCutProven: true,
};

describe('the doctor on a gateway', () => {
  it('of which nothing has come says where to look, by the way that it should come', () => {
    const remedy = (of: Partial<GatewayCase>) =>
      examineGateway({ ...healthy, seen: null, ...of }).find(({ check }) => check === 'never-seen')?.remedy
        ?.en;
    expect(remedy({})).toContain('sends from 192.0.2.0/24');
    expect(remedy({ clientPrefix: null, hasTls: true })).toContain('TCP 2083');
    expect(remedy({ clientPrefix: null })).toContain('gatewayHttp.listen');
  });

  it('finds nothing wrong with one that signs, speaks PAP and names the workstation', () => {
    expect(examineGateway(healthy).map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it.each<[string, 'warn' | 'fault', Partial<GatewayCase>]>([
    ['never-seen', 'fault', { seen: null }],
    ['wrong-signature', 'fault', { seen: null, dropped: { 'message-authenticator-invalid': 3 } }],
    ['wrong-signature', 'warn', { dropped: { 'message-authenticator-invalid': 3 } }],
    [
      'message-authenticator-missing',
      'fault',
      { seen: null, dropped: { 'message-authenticator-missing': 3 } },
    ],
    [
      'message-authenticator-missing',
      'fault',
      {
        requireMessageAuthenticator: 'auto',
        hasSigned: true,
        seen: null,
        dropped: { 'message-authenticator-missing': 3 },
      },
    ],
    [
      'message-authenticator-missing',
      'warn',
      {
        requireMessageAuthenticator: 'auto',
        hasSigned: true,
        dropped: { 'message-authenticator-missing': 3 },
      },
    ],
    ['unsigned', 'warn', { seen: { ...seen, unsigned: 10 } }],
    ['wrong-secret', 'fault', { seen: { ...seen, unsigned: 10, unreadablePasswords: 4 } }],
    ['signature-not-required', 'warn', { requireMessageAuthenticator: 'never' }],
    ['method', 'fault', { seen: { ...seen, methods: { 'ms-chap': 10 } } }],
    ['method', 'fault', { seen: { ...seen, methods: { pap: 5, chap: 5 } } }],
    ['method', 'fault', { seen: { ...seen, methods: { 'EAP-MD5': 5 } } }],
    ['timeout', 'fault', { seen: { ...seen, retransmissions: 1, shortestRetransmissionMs: 900 } }],
    ['timeout', 'warn', { seen: { ...seen, retransmissions: 1, shortestRetransmissionMs: 1_200 } }],
    ['evidence', 'warn', { leastEvidence: 1 }],
    ['evidence', 'warn', { leastEvidence: 0, carriesProof: false, seen: null }],
    ['expiry', 'warn', { sessionTimeout: 'ignored', isCutProven: false, seen: null }],
    ['expiry', 'warn', { sessionTimeout: 'omit', isCutProven: false }],
    ['useless-attribute', 'warn', { seen: { ...seen, useless: ['Calling-Station-Id'] } }],
    ['no-workstation', 'warn', { seen: { ...seen, withoutWorkstation: 10 } }],
    ['no-nas-identity', 'warn', { sharesClient: true, seen: { ...seen, withoutNasIdentity: 10 } }],
    ['refused-by-profile', 'warn', { seen: { ...seen, refusedByProfile: { 'service-not-allowed': 2 } } }],
  ])('finds %s (%s)', (check, state, changes) => {
    const findings = examineGateway({ ...healthy, ...changes });
    expect(findings).toContainEqual(expect.objectContaining({ check, state }));
    findings.forEach(expectWhole);
  });

  it('says which gateway has no independent expiry, and which ends sessions by itself', () => {
    const expiryOf = (changes: Partial<GatewayCase>) =>
      examineGateway({ ...healthy, ...changes }).find(({ check }) => check === 'expiry');
    expect(expiryOf({})).toMatchObject({
      state: 'ok',
      what: { en: expect.stringMatching(/by Session-Timeout/) },
    });
    // The cut is its only end, and proven.
    expect(expiryOf({ sessionTimeout: 'ignored' })).toMatchObject({
      state: 'ok',
      what: { en: expect.stringMatching(/no independent expiry/) },
    });
    expect(expiryOf({ sessionTimeout: null })).toBeUndefined();
  });

  it('takes a timeout well above the reject delay for good', () => {
    const findings = examineGateway({ ...healthy, seen: { ...seen, shortestRetransmissionMs: 3_000 } });
    expect(findings).toContainEqual(expect.objectContaining({ check: 'timeout', state: 'ok' }));
  });
});
