// Accounts out of dumps of other systems: what is carried over, what is not and is said, and that no secret shows.
import { createCipheriv, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeBase32 } from '../../../src/core/otp.ts';
import { lastDayOf, migrateFreeradius } from '../../../src/services/migration/freeradius.ts';
import { readHolders } from '../../../src/services/migration/holders.ts';
import { migratePrivacyidea, openSeed, readEncKey } from '../../../src/services/migration/privacyidea.ts';
import { readSqlDump } from '../../../src/services/migration/sql-dump.ts';

const holders = (csv: string) => readHolders(Buffer.from(csv));

describe('a dump', () => {
  const wanted = ['radcheck'];
  const rows = (text: string) => readSqlDump(text, wanted).get('radcheck');

  test('of MySQL: columns from CREATE TABLE, several rows a statement, its escapes', () => {
    const dump = [
      '-- MySQL dump',
      'DROP TABLE IF EXISTS `radcheck`;',
      'CREATE TABLE `radcheck` (',
      "  `id` int(11) unsigned NOT NULL AUTO_INCREMENT COMMENT 'a, (b)',",
      "  `username` varchar(64) NOT NULL DEFAULT '',",
      '  `value` decimal(10,2),',
      '  PRIMARY KEY (`id`),',
      '  KEY `username` (`username`(32))',
      ') ENGINE=InnoDB;',
      'LOCK TABLES `radcheck` WRITE;',
      "INSERT INTO `radcheck` VALUES (1,'nv\\'duc\\\\','a\\nINSERT INTO `radcheck` VALUES (9)'),(2,'',NULL);",
      'UNLOCK TABLES;',
    ].join('\n');
    expect(rows(dump)).toEqual([
      { id: '1', username: "nv'duc\\", value: 'a\nINSERT INTO `radcheck` VALUES (9)' },
      { id: '2', username: '', value: null },
    ]);
  });

  test('of SQLite: literal backslashes and line ends, names in quotes, blobs', () => {
    const dump = [
      'PRAGMA foreign_keys=OFF;',
      'CREATE TABLE IF NOT EXISTS "radcheck" (id INTEGER PRIMARY KEY, "username" TEXT, value BLOB, UNIQUE(username));',
      "INSERT INTO radcheck VALUES(1,'a\\b''c",
      "d',X'c491');",
    ].join('\n');
    expect(rows(dump)).toEqual([{ id: '1', username: "a\\b'c\nd", value: 'đ' }]);
  });

  test('of PostgreSQL: COPY with its escapes, and INSERT with names', () => {
    const dump = [
      'CREATE TABLE public.radcheck (',
      '    id integer NOT NULL,',
      "    username text DEFAULT ''::text NOT NULL,",
      '    value text',
      ');',
      'COPY public.radcheck (id, username, value) FROM stdin;',
      '1\tnvduc\ta\\tb\\\\c',
      '2\tttmai\t\\N',
      '\\.',
      '',
      "INSERT INTO public.radcheck (username, id) VALUES ('x', 3);",
    ].join('\n');
    expect(rows(dump)).toEqual([
      { id: '1', username: 'nvduc', value: 'a\tb\\c' },
      { id: '2', username: 'ttmai', value: null },
      { username: 'x', id: '3' },
    ]);
  });

  test.each([
    [
      'cut inside a text',
      "CREATE TABLE radcheck (id int, value text);\nINSERT INTO radcheck VALUES (1,'hidden sec",
    ],
    ['cut inside a COPY', 'CREATE TABLE radcheck (id int);\nCOPY radcheck (id) FROM stdin;\nhidden'],
    [
      'with a row that does not fit',
      "CREATE TABLE radcheck (id int);\nINSERT INTO radcheck VALUES (1,'hidden');",
    ],
    ['without the table of a row', "INSERT INTO radcheck VALUES (1,'hidden');"],
  ])('%s is refused, and shows nothing of its values', (_name, dump) => {
    expect(() => rows(dump)).toThrow(/^line \d+: (?!.*hidden)/);
  });

  test('without the table has no rows, which is not the same as an empty table', () => {
    expect(rows('CREATE TABLE other (id int);')).toBeUndefined();
    expect(rows('CREATE TABLE radcheck (id int);')).toEqual([]);
  });
});

describe('the file of holders', () => {
  test('is read whatever its separator and order, with the name there where it differs', () => {
    expect(
      holders(
        'Staff code;valid_from;UserName;source;assignments\nCB1;01/03/2026;nvduc;1001@hr;12/QĐ|13/QĐ\n',
      ),
    ).toMatchObject([
      { line: 2, source: '1001@hr', userName: 'nvduc', staffCode: 'CB1', assignments: ['12/QĐ', '13/QĐ'] },
    ]);
  });

  test.each([
    ['userName,staffCode\nnvduc,CB1\n', /lacks validFrom/],
    ['userName,staffCode,validFrom,valdUntil\n', /no column "valdUntil"/],
    ['userName,staffCode,validFrom\nnvduc,,01/03/2026\n', /line 2: staffCode is empty/],
    ['userName,staffCode,validFrom\na,CB1,01/03/2026\nA,CB2,01/03/2026\n', /line 3: the user of line 2/],
  ])('%j is refused', (csv, message) => {
    expect(() => holders(csv)).toThrow(message);
  });
});

describe('an Expiration', () => {
  test.each([
    ['31 Dec 2026', '2026-12-30', false],
    ['01 Jan 2027 00:00:00', '2026-12-31', false],
    ['31 Dec 2026 23:59:59', '2026-12-31', false],
    ['31 Dec 2026 12:00', '2026-12-30', true],
    ['January 1 2027', '2026-12-31', false],
    ['Mar 01 2028', '2028-02-29', false],
    ['2026-12-31T23:59:59', '2026-12-31', false],
  ])('%s leaves %s as the last whole day', (text, day, isCut) => {
    expect(lastDayOf(text)).toEqual({ day, isCut });
  });

  test.each(['', 'never', '31 Foo 2026', '45 Dec 2026'])('%j is no date', (text) => {
    expect(lastDayOf(text)).toBeNull();
  });
});

describe('FreeRADIUS', () => {
  const seed = encodeBase32(randomBytes(20));
  const check = (rows: readonly (readonly [string, string, string, string])[]) =>
    [
      'CREATE TABLE radcheck (id int, username text, attribute text, op text, value text);',
      ...rows.map((row, id) => `INSERT INTO radcheck VALUES (${id},'${row.join("','")}');`),
      'CREATE TABLE radusergroup (username text, groupname text, priority int);',
      "INSERT INTO radusergroup VALUES ('nvduc','vpn',1),('ttmai','vpn',1);",
    ].join('\n');
  const migrate = (rows: Parameters<typeof check>[0], csv: string) =>
    migrateFreeradius(readSqlDump(check(rows), ['radcheck', 'radusergroup']), holders(csv));
  const csv =
    'userName,staffCode,validFrom,validUntil,assignments,unit,assetTag\nnvduc,CB1,01/03/2026,31/12/2027,12/QĐ,SL,MT-1\nttmai,CB2,01/03/2026,,,,\n';

  test('carries password, seed, the earlier end of the term, a block and the workstation', () => {
    const { accounts, workstations, leftOut } = migrate(
      [
        ['nvduc', 'Cleartext-Password', ':=', 'bay con ga ben hien'],
        ['nvduc', 'TOTP-Secret', ':=', seed],
        ['nvduc', 'Expiration', ':=', '31 Dec 2026 23:59:59'],
        ['nvduc', 'Auth-Type', ':=', 'Reject'],
        ['nvduc', 'Calling-Station-Id', '==', '02-10-A4-23-19-01'],
      ],
      csv,
    );
    expect(accounts).toEqual([
      {
        userName: 'nvduc',
        staffCode: 'CB1',
        status: 'active',
        validFrom: '01/03/2026',
        validUntil: '2026-12-31',
        password: { plain: 'bay con ga ben hien' },
        suspended: 'by-centre',
        authenticators: [{ kind: 'app', algorithm: 'SHA1', digits: 6, periodSeconds: 30, seed }],
        assignments: ['12/QĐ'],
        workstations: ['MT-1'],
      },
    ]);
    expect(workstations).toEqual([
      {
        assetTag: 'MT-1',
        kind: 'personal',
        unit: 'SL',
        keeper: 'CB1',
        identifiers: [{ type: 'mac', value: '02-10-A4-23-19-01' }],
      },
    ]);
    expect(leftOut.map(({ what }) => what)).toEqual(['group vpn']);
  });

  test('says what it leaves out: hashes, weak seeds, other checks, users of nobody, accounts without a term', () => {
    const { accounts, leftOut } = migrate(
      [
        ['ttmai', 'SSHA-Password', ':=', 'hidden-hash'],
        ['ttmai', 'TOTP-Secret', ':=', 'GEZDGNBVGY3TQOJQ'],
        ['ttmai', 'Simultaneous-Use', ':=', '1'],
        ['ttmai', 'Calling-Station-Id', '=~', '^02'],
        ['lvbinh', 'Cleartext-Password', ':=', 'hidden-password'],
        ['nvduc', 'NT-Password', ':=', 'hidden-hash'],
        ['nvduc', 'Calling-Station-Id', '==', 'somewhere'],
      ],
      csv,
    );
    expect(accounts).toMatchObject([
      { userName: 'nvduc', status: 'pending', passwordState: 'change-required', authenticators: [] },
    ]);
    const said = leftOut.map(({ what, why }) => `${what}: ${why}`);
    expect(said).toEqual([
      'ttmai: its SSHA-Password: a hash of another kind',
      'ttmai: its TOTP-Secret: its seed has 10 octets, fewer than 16',
      'ttmai: the check item Simultaneous-Use :=',
      'ttmai: the check item Calling-Station-Id =~',
      'lvbinh: nobody is named as its holder',
      'nvduc: its NT-Password: a hash of another kind',
      'nvduc: its Calling-Station-Id somewhere: neither a MAC nor an address',
      'group vpn: 2 members: there are no groups here',
      'ttmai: no end of its term is known',
    ]);
    expect(leftOut.every(({ remedy }) => remedy.length > 10)).toBe(true);
    expect(JSON.stringify(leftOut)).not.toMatch(/hidden|GEZDGNBVGY3TQOJQ/);
  });
});

describe('privacyIDEA', () => {
  const file = randomBytes(96);
  const key = readEncKey(file);
  /** As its default security module seals: hexadecimal, the mark, zeros up to a block, AES-256-CBC. */
  const seal = (seed: Buffer, by = key) => {
    const iv = randomBytes(16);
    const text = `${Buffer.from(seed.toString('hex')).toString('hex')}\u0001\u0002`;
    const padded = Buffer.alloc(Math.ceil(text.length / 16) * 16);
    padded.write(text, 'latin1');
    const cipher = createCipheriv('aes-256-cbc', by, iv).setAutoPadding(false);
    return {
      enc: Buffer.concat([cipher.update(padded), cipher.final()]).toString('hex'),
      iv: iv.toString('hex'),
    };
  };
  const seed = randomBytes(20);

  interface Token {
    readonly serial: string;
    readonly type?: string;
    readonly active?: number;
    readonly otplen?: number;
    readonly by?: Buffer;
    readonly seed?: Buffer;
    readonly owner?: string | null;
    readonly info?: Readonly<Record<string, string>>;
  }
  const dump = (tokens: readonly Token[]) =>
    [
      'CREATE TABLE token (id int, serial text, tokentype text, otplen int, key_enc text, key_iv text, active int, revoked int, locked int);',
      'CREATE TABLE tokeninfo (id int, "Key" text, "Value" text, token_id int);',
      'CREATE TABLE tokenowner (id int, token_id int, resolver text, user_id text);',
      ...tokens.flatMap((token, id) => {
        const { enc, iv } = seal(token.seed ?? seed, token.by);
        const { serial, type = 'totp', otplen = 6, active = 1, owner = '1001', info = {} } = token;
        return [
          `INSERT INTO token VALUES (${id},'${serial}','${type}',${otplen},'${enc}','${iv}',${active},0,0);`,
          ...Object.entries(info).map(
            ([name, value]) => `INSERT INTO tokeninfo VALUES (1,'${name}','${value}',${id});`,
          ),
          ...(owner === null ? [] : [`INSERT INTO tokenowner VALUES (1,${id},'hr','${owner}');`]),
        ];
      }),
    ].join('\n');
  const csv =
    'source,userName,staffCode,validFrom,validUntil,assignments\n1001@hr,nvduc,CB1,01/03/2026,31/12/2026,12/QĐ\n';
  const migrate = (tokens: readonly Token[]) =>
    migratePrivacyidea(readSqlDump(dump(tokens), ['token', 'tokeninfo', 'tokenowner']), holders(csv), key);

  test('opens seeds with its key file, and takes algorithm, length, period and kind over', () => {
    const { accounts, leftOut } = migrate([
      { serial: 'TOTP0001' },
      {
        serial: 'OATH77',
        info: { hashlib: 'sha256', timeStep: '60', tokenkind: 'hardware' },
        seed: Buffer.alloc(32, 7),
      },
    ]);
    expect(accounts).toEqual([
      {
        userName: 'nvduc',
        staffCode: 'CB1',
        status: 'pending',
        validFrom: '01/03/2026',
        validUntil: '31/12/2026',
        passwordState: 'change-required',
        authenticators: [
          { kind: 'app', algorithm: 'SHA1', digits: 6, periodSeconds: 30, seed: encodeBase32(seed) },
          {
            kind: 'token',
            serialNumber: 'OATH77',
            algorithm: 'SHA256',
            digits: 6,
            periodSeconds: 60,
            seed: encodeBase32(Buffer.alloc(32, 7)),
          },
        ],
        assignments: ['12/QĐ'],
        workstations: [],
      },
    ]);
    expect(leftOut).toEqual([]);
  });

  test('says what it leaves out', () => {
    const { accounts, leftOut } = migrate([
      { serial: 'TOTP0001' },
      { serial: 'TOTP0002', otplen: 8 },
      { serial: 'HOTP1', type: 'hotp' },
      { serial: 'OFF1', active: 0 },
      { serial: 'SPARE', owner: null },
      { serial: 'ALIEN', owner: '2002' },
      { serial: 'OTHERKEY', by: randomBytes(32) },
      { serial: 'ODD', info: { timeStep: '45' } },
      { serial: 'WEAK', seed: Buffer.alloc(10, 1) },
    ]);
    expect(accounts[0]?.authenticators).toHaveLength(1);
    expect(leftOut.map(({ what, why }) => `${what}: ${why}`)).toEqual([
      'HOTP1: a token of the type hotp',
      'OFF1: it is disabled, revoked or locked there',
      'SPARE: it belongs to nobody',
      'ALIEN, of 2002@hr: nobody is named as its holder',
      'OTHERKEY: its seed does not open with this key file',
      'ODD: SHA1, 6 digits, 45 s: not a form that is used here',
      'WEAK: its seed has 10 octets, fewer than 16',
      'nvduc: a code of 8 digits beside one of 6',
    ]);
  });

  test('refuses key files that are encrypted or none', () => {
    expect(() => readEncKey(Buffer.from(`${'ab'.repeat(16)}:${'cd'.repeat(112)}`))).toThrow(
      /encrypted with a password/,
    );
    expect(() => readEncKey(randomBytes(32))).toThrow(/32 octets, not 96/);
    expect(openSeed(key, 'zz', 'ab')).toBeNull();
  });
});
