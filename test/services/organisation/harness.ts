// A store with keys and a folder for organisation files, and a small organisation to vary.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { ImportRefusedError } from '../../../src/services/organisation/faults.ts';
import { type ImportInput, importOrganisation } from '../../../src/services/organisation/import.ts';
import type { ImportReport } from '../../../src/services/organisation/report.ts';
import { createPasswords } from '../../../src/services/passwords/passwords.ts';
import { openKeyring, prepareKeys } from '../../../src/services/secrets/keyring.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Db, Tables } from '../../../src/store/tables.ts';
import { silentLog } from '../../store/silent-log.ts';
import { profiles } from '../profiles.ts';

/** Three records made once: hashing is what takes time. */
export const cheapPhc = (password: string): Promise<string> =>
  hash(password, { memoryCost: 64, timeCost: 1, parallelism: 1 });

/** Fingerprints of the authorities that the configuration names. */
const tlsAuthorities = ['ab'.repeat(32)];

/** An importer into a store of the test. */
export async function createHarness(store: Store, later: (cleanup: () => void) => void = onTestFinished) {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-import-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  const keyFile = join(folder, 'kek');
  const common = { store, clock: systemClock, random: systemRandom };
  await prepareKeys({ ...common, keyFile, mayCreateKeyFile: true });
  const keyring = await openKeyring({ store, keyFile, random: systemRandom });
  const passwords = createPasswords({ ...common, log: silentLog, concurrency: 2, queueLength: 64 });
  let files = 0;

  function write(content: object | string, extension = 'json'): string {
    files += 1;
    const file = join(folder, `organisation-${files}.${extension}`);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 1));
    return file;
  }

  function run(file: string, options: Partial<ImportInput> = {}): Promise<ImportReport> {
    return importOrganisation(
      {
        file,
        mayNameFiles: true,
        dryRun: false,
        signal: new AbortController().signal,
        progress() {},
        ...options,
      },
      {
        ...common,
        keyring,
        passwords,
        profiles,
        upstreams: ['old-radius'],
        tlsAuthorities: () => tlsAuthorities,
        by: { name: 'tester', via: 'command line' },
      },
    );
  }

  return {
    store,
    keyring,
    folder,
    write,
    run,
    import: (content: object | string, options: Partial<ImportInput> = {}) => run(write(content), options),
    /** Faults of a file that is refused, as `line: message remedy`. */
    async faultsOf(content: object | string, extension = 'json'): Promise<string[]> {
      const file = write(content, extension);
      try {
        await run(file);
      } catch (error) {
        if (!(error instanceof ImportRefusedError)) throw error;
        return error.faults.map(
          ({ place, message, remedy }) => `${place.replace(file, '')}: ${message} ${remedy}`,
        );
      }
      throw new Error('the file was not refused');
    },
  };
}

export type Harness = Awaited<ReturnType<typeof createHarness>>;

/** Every row of every table, as text that can be compared and searched; blobs as Latin-1. */
export function dump(store: Store, without: readonly (keyof Tables)[] = []): Promise<string> {
  return store.read(async (db: Db) => {
    const parts: string[] = [];
    for (const [name, table] of Object.entries(db.tables) as [keyof Tables, Tables[keyof Tables]][]) {
      if (without.includes(name)) continue;
      const rows = await db.select().from(table as Tables['units']);
      const lines = rows.map((row) =>
        JSON.stringify(row, (_key, value: unknown) =>
          isBuffer(value) ? Buffer.from(value.data).toString('latin1') : value,
        ),
      );
      parts.push(`${name}:`, ...lines.sort());
    }
    return parts.join('\n');
  });
}

function isBuffer(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value
  );
}

/** How many rows of a table there are. */
export async function countOf(store: Store, name: keyof Tables): Promise<number> {
  return (await store.read((db) => db.select().from(db.tables[name] as Tables['units']))).length;
}

export const seeds = ['GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U'] as const;

interface SampleAccount {
  userName: string;
  staffCode: string;
  status?: string;
  validFrom: string;
  validUntil: string;
  password?: object;
  rulesVersionAccepted?: number;
  authenticators: object[];
  assignments: (string | object)[];
  workstations: (string | object)[];
}

/** A whole small organisation: two accounts with everything. */
export function smallOrganisation() {
  return {
    organisation: {
      name: 'Cơ quan kiểm thử',
      timeZone: 'Asia/Ho_Chi_Minh',
      realms: ['example.vn'],
      rulesVersion: 2,
    },
    units: [
      { code: 'A-1', name: 'Phòng một', parent: 'A' },
      { code: 'A', name: 'Trung tâm', parent: null } as { code: string; name: string; parent: string | null },
    ],
    people: [
      {
        staffCode: 'S1',
        fullName: 'Nguyễn Văn Đức',
        unit: 'A-1',
        kind: 'civil-servant',
        position: 'Chuyên viên',
        employment: [{ kind: 'hired', from: '01/09/2015' }] as object[],
      },
      {
        staffCode: 'S2',
        fullName: 'Trần Thị Mai',
        unit: 'A',
        kind: 'worker',
        employment: [{ kind: 'hired', from: '2019-02-01' }] as object[],
      },
    ],
    assignments: [
      {
        number: '12/QĐ',
        date: '01/02/2026',
        signatory: 'Giám đốc',
        purpose: 'Tra cứu',
        dataScope: 'Hồ sơ của huyện',
        unit: 'A',
        validFrom: '02/02/2026',
        validUntil: '31/12/2026',
      },
    ],
    workstations: [
      {
        assetTag: 'MT-1',
        kind: 'personal',
        unit: 'A-1',
        keeper: 'S1',
        identifiers: [{ type: 'mac', value: '02-10-A4-23-19-01' }],
      },
      { assetTag: 'MT-2', name: 'Máy dùng chung', kind: 'shared', unit: 'A', identifiers: [] as object[] },
    ],
    accounts: [
      {
        userName: 'NVDuc@example.vn',
        staffCode: 'S1',
        validFrom: '01/03/2026',
        validUntil: '28/02/2027',
        password: { plain: 'con gà bên hiên nhà cũ' },
        rulesVersionAccepted: 2,
        authenticators: [{ kind: 'app', seed: seeds[0] }],
        assignments: ['12/QĐ'],
        workstations: ['MT-1', { assetTag: 'MT-2', validFrom: '01/04/2026', validUntil: '30/04/2026' }],
      },
      {
        userName: 'ttmai',
        staffCode: 'S2',
        status: 'pending',
        validFrom: '01/03/2026',
        validUntil: '28/02/2027',
        authenticators: [
          {
            kind: 'token',
            serialNumber: 'T-77',
            algorithm: 'SHA256',
            digits: 8,
            periodSeconds: 60,
            seed: seeds[1],
          },
        ],
        assignments: [],
        workstations: [],
      },
    ] as SampleAccount[],
    radiusClients: [
      { name: 'R1', address: '192.0.2.0/24', secret: 'một bí mật đủ dài của máy' } as object,
      { name: 'R2', address: '2001:DB8::1', secret: 'ten-times-longer-than-it-was' } as object,
    ],
    gateways: [
      { name: 'G1', client: 'R1', profile: 'ocserv', nasIdentifier: 'g1', unit: 'A-1' } as object,
      { name: 'G2', client: 'R2', profile: 'openvpn-script' } as object,
    ],
    policies: [
      {
        scope: 'organisation',
        sessionMinutes: 480,
        hours: { windows: [{ days: [1, 2, 3, 4, 5], from: '07:00', until: '18:00' }] },
        lockout: { codeAttempts: 4, lockMinutes: 10 },
      },
      { scope: { gateway: 'G1' }, leastEvidence: 0, workstationMode: 'observe', gatewayUnits: ['A-1'] },
      { scope: { unit: 'A-1' }, hours: null },
    ] as object[],
  };
}
