import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { openCheckpointKey } from '../../../src/services/secrets/checkpoint-key.ts';
import {
  addKeyToFile,
  createKeyFile,
  dropFormerKeysFromFile,
} from '../../../src/services/secrets/key-file.ts';
import { contextOf, openKeyring, prepareKeys } from '../../../src/services/secrets/keyring.ts';
import {
  addDataKey,
  resealAll,
  retireFormerDataKeys,
  rewrapDataKeys,
} from '../../../src/services/secrets/rotation.ts';
import { openCheckpoint, signCheckpoint } from '../../../src/store/audit/checkpoint.ts';
import { listDataKeys } from '../../../src/store/queries/data-keys.ts';
import type { Store } from '../../../src/store/store.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { createTestClock } from '../clock.ts';
import { createWorld, labSecret, type World } from '../world.ts';

const random = systemRandom;
const clock = createTestClock(Date.UTC(2026, 2, 2, 1));
const plain = Buffer.from('a seed of twenty oct');

describeOnEachStore('a keyring', (open) => {
  let folder: string;
  let keyFile: string;
  let store: Store;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatewarden-keyring-'));
    keyFile = join(folder, 'kek');
    store = await open({ clock });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const prepare = (mayCreateKeyFile = true) =>
    prepareKeys({ store, keyFile, mayCreateKeyFile, clock, random });
  const openRing = () => openKeyring({ store, keyFile, random });

  test('is prepared once: a key file, one data key, one cluster secret', async () => {
    expect(await prepare()).toEqual({ keyFileCreated: true });
    expect(await prepare()).toEqual({ keyFileCreated: false });
    expect(await store.read(listDataKeys)).toHaveLength(2);
  });

  test('is refused by a store that was not prepared', async () => {
    await createKeyFile(keyFile, random);
    await expect(openRing()).rejects.toMatchObject({ name: 'OperatorError' });
  });

  test('never gets a fresh key file for a store that has keys', async () => {
    await prepare();
    await rm(keyFile);
    await expect(prepare()).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('missing'),
    });
    await expect(openRing()).rejects.toMatchObject({ name: 'OperatorError' });
  });

  test("is refused with another store's key file, before anything is written", async () => {
    await prepare();
    await rm(keyFile);
    await createKeyFile(keyFile, random);
    await expect(prepare()).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('does not open'),
    });
    await expect(openRing()).rejects.toMatchObject({ name: 'OperatorError' });
    expect(await store.read(listDataKeys)).toHaveLength(2);
  });

  test('opens what it sealed, in the same place only', async () => {
    await prepare();
    const ring = await openRing();
    const sealed = ring.seal(plain, contextOf.seed(7));
    expect((await openRing()).open(sealed, contextOf.seed(7))).toEqual(plain);
    for (const context of [contextOf.seed(8), contextOf.clientSecret('7'), '']) {
      expect(() => ring.open(sealed, context)).toThrow(expect.objectContaining({ fault: 'damaged' }));
    }
  });

  test('seals the same value differently each time', async () => {
    await prepare();
    const ring = await openRing();
    expect(ring.seal(plain, 'x')).not.toEqual(ring.seal(plain, 'x'));
  });

  test('refuses a sealed value with any bit changed, and its error tells nothing of it', async () => {
    await prepare();
    const ring = await openRing();
    const sealed = ring.seal(plain, 'x');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      let error: unknown;
      try {
        ring.open(changed, 'x');
      } catch (caught) {
        error = caught;
      }
      expect(error).toMatchObject({ name: 'SealedValueError' });
      expect(JSON.stringify(error) + String(error)).not.toMatch(/seed of/);
    }
    for (const text of ['', 'short', plain.toString()]) {
      expect(() => ring.open(Buffer.from(text), 'x')).toThrow(expect.objectContaining({ fault: 'damaged' }));
    }
  });

  test('opens what another node sealed under a key made since, after loading the keys once more', async () => {
    await prepare();
    const old = await openRing();
    await addDataKey({ store, keyFile, clock, random });
    const sealed = (await openRing()).seal(plain, 'x');
    expect(() => old.open(sealed, 'x')).toThrow(expect.objectContaining({ fault: 'unknown-key' }));
    expect(await old.openReloading(sealed, 'x')).toEqual(plain);
    expect(old.isCurrent(old.seal(plain, 'x'))).toBe(true);
    expect(old.open(sealed, 'x')).toEqual(plain);
  });

  test('derives the same keys on every node, another for each purpose', async () => {
    await prepare();
    const [one, two] = [await openRing(), await openRing()];
    const octets = (ring: typeof one, purpose: string) =>
      ring.clusterKeys(purpose).map(({ key }) => key.export().toString('hex'));
    expect(octets(one, 'a')).toHaveLength(1);
    expect(octets(one, 'a')).toEqual(octets(two, 'a'));
    expect(octets(one, 'a')).not.toEqual(octets(one, 'b'));
  });

  test('lives through a rotation of the key-encryption key without a restart', async () => {
    await prepare();
    const running = await openRing();
    const sealed = running.seal(plain, 'x');
    await addKeyToFile(keyFile, random);
    expect(await rewrapDataKeys({ store, keyFile, clock, random })).toBe(2);
    expect(await rewrapDataKeys({ store, keyFile, clock, random })).toBe(0);
    await dropFormerKeysFromFile(keyFile);
    await running.reload();
    expect(running.open(sealed, 'x')).toEqual(plain);
    expect((await openRing()).open(sealed, 'x')).toEqual(plain);
  });

  test('is of no use once the key-encryption key is dropped before the data keys are wrapped again', async () => {
    await prepare();
    await addKeyToFile(keyFile, random);
    await dropFormerKeysFromFile(keyFile);
    await expect(rewrapDataKeys({ store, keyFile, clock, random })).rejects.toMatchObject({
      name: 'OperatorError',
    });
    await expect(openRing()).rejects.toMatchObject({ name: 'OperatorError' });
  });

  test('keeps the key that signs checkpoints: one per store, sealed', async () => {
    await prepare();
    const keys = await openCheckpointKey({ store, keyring: await openRing(), random });
    const again = await openCheckpointKey({ store, keyring: await openRing(), random });
    expect(again).toEqual(keys);
    expect(keys.publicKey).not.toHaveProperty('d');
    const checkpoint = { instant: clock.now(), heads: [], previous: null };
    const jws = await signCheckpoint(checkpoint, keys.privateKey);
    expect(await openCheckpoint(jws, [keys.publicKey])).toEqual(checkpoint);
    const settings = await store.read(async (db) => await db.select().from(db.tables.settings));
    expect(JSON.stringify(settings)).not.toContain(keys.privateKey.d);
  });
});

describeOnEachStore('a database file', (open, createDatabase, dialect) => {
  test.skipIf(dialect === 'postgresql')('gives nobody a seed, a shared secret or a key', async () => {
    const target = await createDatabase();
    if (target.dialect !== 'sqlite') throw new Error('not a file');
    const world = await createWorld(await open({ clock }, target), clock);
    const account = await world.addAccount();
    const keys = await openCheckpointKey({ store: world.store, keyring: world.keyring, random });
    await (await world.createNode('one')).authenticate(world.login(account));
    await world.store.close();
    const octets = Buffer.concat(
      await Promise.all(
        (await readdir(dirname(target.file))).map((name) => readFile(join(dirname(target.file), name))),
      ),
    );
    expect(octets.includes('authenticators')).toBe(true);
    const seed = account.seeds[0]?.seed ?? Buffer.alloc(0);
    const signing = Buffer.from(keys.privateKey.d ?? '', 'base64url');
    const fileKey = Buffer.from(await readFile(world.keyFile, 'utf8'), 'base64');
    const clusterKey = world.keyring.clusterKeys('challenge-cipher')[0]?.key.export() ?? Buffer.alloc(0);
    for (const secret of [
      seed,
      signing,
      fileKey,
      clusterKey,
      Buffer.from(labSecret),
      Buffer.from(account.password),
    ]) {
      expect(secret.length).toBeGreaterThan(15);
      expect(octets.includes(secret)).toBe(false);
      expect(octets.includes(secret.toString('base64').replaceAll('=', ''))).toBe(false);
      expect(octets.includes(secret.toString('hex'))).toBe(false);
    }
    await world.close();
  });
});

describeOnEachStore('a rotation of data keys', (open) => {
  let world: World;

  beforeEach(async () => {
    world = await createWorld(await open({ clock }), clock);
  });
  afterEach(() => world.close());

  test('seals every row again, in any number of runs, while logins go on', async () => {
    const { store, keyFile } = world;
    const accounts = [];
    for (let count = 0; count < 5; count += 1) accounts.push(await world.addAccount());
    const [first, second] = accounts;
    if (first === undefined || second === undefined) throw new Error('no accounts');
    await openCheckpointKey({ store, keyring: world.keyring, random });
    await store.write(async (db) => {
      const { radiusClients } = db.tables;
      const sealedNextSecret = world.keyring.seal(Buffer.from('the next one'), contextOf.clientSecret('lab'));
      await db.update(radiusClients).set({ sealedNextSecret });
    });
    const running = await world.createNode('running');
    await addDataKey({ store, keyFile, clock, random });
    expect(await running.authenticate(world.login(first))).toMatchObject({ kind: 'accept' });

    const rotating = await openKeyring({ store, keyFile, random });
    // A run that was broken off after one row.
    const { authenticators } = await store.read(async (db) => db.tables);
    const [row] = await store.read(
      async (db) =>
        await db.select().from(authenticators).where(eq(authenticators.accountId, second.accountId)),
    );
    if (row === undefined) throw new Error('no authenticator');
    const context = contextOf.seed(second.accountId);
    await store.write(async (db) => {
      const sealedSeed = rotating.seal(rotating.open(row.sealedSeed, context), context);
      await db.update(authenticators).set({ sealedSeed }).where(eq(authenticators.id, row.id));
    });
    // Four seeds, two secrets of the client, the checkpoint key.
    expect(await resealAll({ store, keyring: rotating })).toBe(7);
    expect(await resealAll({ store, keyring: rotating })).toBe(0);
    const seeds = await store.read(async (db) => await db.select().from(db.tables.authenticators));
    expect(seeds.every(({ sealedSeed }) => rotating.isCurrent(sealedSeed))).toBe(true);

    expect(await running.authenticate(world.login(second))).toMatchObject({ kind: 'accept' });
    expect((await world.createNode('new')).settings.current().findClient('192.0.2.9')?.secrets).toHaveLength(
      2,
    );
  });

  test('retires former keys after a grace, and they still open what was sealed late', async () => {
    const { store, keyFile } = world;
    const deps = { store, keyFile, clock, random };
    const late = await openKeyring({ store, keyFile, random });
    await addDataKey(deps);
    expect(await retireFormerDataKeys({ ...deps, graceMs: 60_000 })).toBe(0);
    clock.advance(60_000);
    expect(await retireFormerDataKeys({ ...deps, graceMs: 60_000 })).toBe(1);
    const sealedLate = late.seal(plain, 'x');
    const ring = await openKeyring({ store, keyFile, random });
    expect(ring.isCurrent(sealedLate)).toBe(false);
    expect(ring.open(sealedLate, 'x')).toEqual(plain);
    expect(ring.isCurrent(ring.seal(plain, 'x'))).toBe(true);
  });
});
