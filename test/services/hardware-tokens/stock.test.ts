// Hardware tokens from the maker's file to the login: each code once, synchronisation, replacement, loss, keys that are rotated.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OperatorError } from '../../../src/base/errors.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { encodeBase32, hotp, type OtpParameters, seedKey, timeStepAt } from '../../../src/core/otp.ts';
import { readTokenFile } from '../../../src/services/hardware-tokens/read-file.ts';
import {
  handOverToken,
  importTokens,
  replaceToken,
  setTokenState,
  synchroniseToken,
} from '../../../src/services/hardware-tokens/stock.ts';
import { addDataKey, resealAll } from '../../../src/services/secrets/rotation.ts';
import { listTokens } from '../../../src/store/queries/hardware-tokens.ts';
import { putSetting } from '../../../src/store/queries/settings.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { type Acts, createActs, monday } from '../acts.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, type TestAccount, type World } from '../world.ts';

interface Token {
  readonly serialNumber: string;
  readonly mode: 'totp' | 'hotp';
  readonly seed: Buffer;
  readonly parameters: OtpParameters;
}

describeOnEachStore('hardware tokens', (open) => {
  let clock: TestClock;
  let world: World;
  let acts: Acts;
  let serial = 0;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
    acts = createActs(world, clock);
  });
  afterAll(() => world.close());

  async function stock(mode: Token['mode'], more: Partial<OtpParameters> = {}, counter = 0): Promise<Token> {
    serial += 1;
    const parameters: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30, ...more };
    const seed = systemRandom.bytes(20);
    const { algorithm, digits, periodSeconds } = parameters;
    const csv = `serial,seed,model,mode,algorithm,digits,period,counter\nft${serial},${seed.toString('hex')},Key,${mode},${algorithm},${digits},${periodSeconds},${counter}\n`;
    const { tokens, refused } = await readTokenFile(Buffer.from(csv), null);
    expect(refused).toEqual([]);
    expect(await importTokens(acts.deps, { tokens, unit: null, dryRun: false })).toEqual({
      added: 1,
      known: [],
    });
    return { serialNumber: `FT${serial}`, mode, seed, parameters };
  }

  const at = ({ seed, parameters }: Token, step: number) => hotp(seedKey(seed), step, parameters);
  const now = (token: Token, off = 0) =>
    at(token, timeStepAt(clock.now(), token.parameters.periodSeconds) + off);
  const without = () => world.addAccount({ authenticators: [] });
  const give = (token: Token, account: TestAccount, replace = false) =>
    handOverToken(acts.deps, { serialNumber: token.serialNumber, user: account.userName, replace });
  const login = (account: TestAccount, code: string) =>
    acts.decide(account, { credentials: { style: 'password+code', text: `${account.password}${code}` } });
  const faultOf = async (act: Promise<unknown>) => {
    const error = await act.then(
      () => null,
      (reason: unknown) => reason,
    );
    return error instanceof OperatorError ? error.at : error;
  };
  const stateOf = async ({ serialNumber }: Token) => {
    const query = { within: 'everywhere', state: null, serial: serialNumber, after: '', limit: 1 } as const;
    const [row] = await world.store.read((db) => listTokens(db, query));
    return [row?.state, row?.userName ?? null];
  };

  it('that go by the clock let in with each code once, in both lengths, intervals and all hashes', async () => {
    for (const more of [
      {},
      { digits: 8, periodSeconds: 60 },
      { algorithm: 'SHA256' },
      { algorithm: 'SHA512', digits: 8 },
    ] as const) {
      const [token, account] = [await stock('totp', more), await without()];
      await give(token, account);
      expect(await stateOf(token)).toEqual(['assigned', account.userName]);
      const code = now(token);
      expect(await login(account, code)).toBe('accept');
      expect(await login(account, code)).toBe('code-replayed');
    }
  });

  it('that count let in with each code once, with those after it, and with none before it', async () => {
    const [token, account] = [await stock('hotp', {}, 5), await without()];
    await give(token, account);
    expect(await login(account, at(token, 4))).toBe('code-replayed');
    expect(await login(account, at(token, 5))).toBe('accept');
    expect(await login(account, at(token, 5))).toBe('code-replayed');
    // Pressed in the pocket: ten further ones are looked for, and what was passed over is spent.
    expect(await login(account, at(token, 15))).toBe('accept');
    expect(await login(account, at(token, 9))).toBe('code-replayed');
    expect(await login(account, at(token, 26))).toBe('code-wrong');
  });

  it('are spent once, however many nodes are shown a code at the same instant', async () => {
    const [token, account] = [await stock('hotp'), await without()];
    await give(token, account);
    const nodes = await Promise.all(['one', 'two', 'three'].map((name) => world.createNode(name)));
    const text = `${account.password}${at(token, 0)}`;
    const answers = await Promise.all(
      nodes.map((node, index) =>
        node.authenticate(
          world.login(account, {
            credentials: { style: 'password+code', text },
            station: `198.51.100.${index}`,
          }),
        ),
      ),
    );
    expect(answers.filter(({ kind }) => kind === 'accept')).toHaveLength(1);
  });

  it('are found again by two codes in a row, both spent by it', async () => {
    const [counting, account] = [await stock('hotp'), await without()];
    await give(counting, account);
    const find = (token: Token, first: string, second: string) =>
      synchroniseToken(acts.deps, { serialNumber: token.serialNumber, codes: [first, second] });
    expect(await login(account, at(counting, 500))).toBe('code-wrong');
    expect(await faultOf(find(counting, at(counting, 500), at(counting, 502)))).toBe('codes');
    expect(await find(counting, at(counting, 500), at(counting, 501))).toMatchObject({ driftSteps: 0 });
    expect(await faultOf(find(counting, at(counting, 500), at(counting, 501)))).toBe('codes');
    expect(await login(account, at(counting, 501))).toBe('code-replayed');
    expect(await login(account, at(counting, 502))).toBe('accept');

    const [slow, other] = [await stock('totp'), await without()];
    await give(slow, other);
    expect(await login(other, now(slow, -40))).toBe('code-wrong');
    expect(await find(slow, now(slow, -41), now(slow, -40))).toMatchObject({ driftSteps: -40 });
    expect(await login(other, now(slow, -40))).toBe('code-replayed');
    clock.advance(30_000);
    expect(await login(other, now(slow, -40))).toBe('accept');
  });

  it('that count are worth nothing after a restore until they are found again', async () => {
    const [token, account] = [await stock('hotp'), await without()];
    await give(token, account);
    clock.advance(60_000);
    const before = await world.store.read((db) => db.select().from(db.tables.settings));
    await world.store.write((db) => putSetting(db, 'codeFloorAt', String(clock.now())));
    expect(await login(account, at(token, 0))).toBe('code-replayed');
    clock.advance(1_000);
    await synchroniseToken(acts.deps, {
      serialNumber: token.serialNumber,
      codes: [at(token, 3), at(token, 4)],
    });
    expect(await login(account, at(token, 5))).toBe('accept');
    expect(before.some(({ key }) => key === 'codeFloorAt')).toBe(false);
    await world.store.write((db) => putSetting(db, 'codeFloorAt', '0'));
  });

  it('take the place of one another in one act; what a former holder has seen stays spent', async () => {
    const [first, second, account] = [await stock('hotp'), await stock('hotp'), await without()];
    await give(first, account);
    expect(await login(account, at(first, 3))).toBe('accept');
    const replaced = await replaceToken(acts.deps, {
      serialNumber: first.serialNumber,
      by: second.serialNumber,
      formerIs: 'stock',
      reason: 'hết pin',
    });
    expect(replaced).toMatchObject({ userName: account.userName, revoked: 1 });
    expect([await stateOf(first), await stateOf(second)]).toEqual([
      ['stock', null],
      ['assigned', account.userName],
    ]);
    expect(await login(account, at(first, 4))).toBe('code-wrong');
    expect(await login(account, at(second, 0))).toBe('accept');
    const other = await without();
    await give(first, other);
    expect(await login(other, at(first, 3))).toBe('code-replayed');
    expect(await login(other, at(first, 4))).toBe('accept');
    const [act] = await acts.acts('account.replace-token');
    expect(act).toMatchObject({
      accountId: account.accountId,
      detail: 'stock',
      data: { serialNumber: second.serialNumber, formerSerialNumber: first.serialNumber },
      personal: { reason: 'hết pin' },
    });
  });

  it('that are lost stop at once, and are handed to nobody', async () => {
    const [token, account] = [await stock('totp'), await without()];
    await give(token, account);
    const order = { serialNumber: token.serialNumber, reason: 'để quên trên xe' } as const;
    expect(await setTokenState(acts.deps, { ...order, state: 'lost' })).toMatchObject({
      userName: account.userName,
    });
    expect(await login(account, now(token))).toBe('authenticator-not-enrolled');
    expect(await faultOf(give(token, account))).toBe('serialNumber');
    expect(await faultOf(setTokenState(acts.deps, { ...order, state: 'lost' }))).toBe('serialNumber');
    await setTokenState(acts.deps, { ...order, state: 'stock' });
    await give(token, account);
    expect(await login(account, now(token))).toBe('accept');
  });

  it('are handed over once, and beside others only with codes of one length', async () => {
    const token = await stock('totp', { digits: 8 });
    const account = await world.addAccount();
    expect(await faultOf(give(token, account))).toBe('serialNumber');
    expect(await give(token, account, true)).toMatchObject({ revoked: 1 });
    expect(await login(account, now(token))).toBe('accept');
    expect(await faultOf(give(token, await without()))).toBe('serialNumber');
    expect(
      await faultOf(handOverToken(acts.deps, { serialNumber: 'x', user: account.userName, replace: false })),
    ).toBe('serialNumber');
    const last = await stock('totp');
    const both = await Promise.all([await without(), await without()].map((one) => faultOf(give(last, one))));
    expect(both.filter((fault) => fault === null)).toHaveLength(1);
  });

  it('are imported once; a dry run writes nothing, and what is wrong is told without the seed', async () => {
    const seed = encodeBase32(systemRandom.bytes(20));
    const csv = [
      'serial;seed;digits;mode',
      `ok1;${seed};6;totp`,
      `ok1;${seed};6;totp`,
      `bad#;${seed};6;totp`,
      `short;${seed.slice(0, 16)};6;totp`,
      `seven;${seed};7;totp`,
      'odd;0189;6;totp',
      `kind;${seed};6;ocra`,
    ].join('\n');
    const file = await readTokenFile(Buffer.from(csv), null);
    expect(file.tokens.map(({ serialNumber }) => serialNumber)).toEqual(['OK1']);
    expect(file.refused.map(({ serialNumber, place, fault }) => [serialNumber ?? place, fault])).toEqual([
      [7, 'seed-text'],
      [8, 'mode'],
      ['OK1', 'twice'],
      ['bad#', 'serial-number'],
      ['short', 'seed-short'],
      ['seven', 'digits'],
    ]);
    expect(JSON.stringify(file.refused)).not.toContain(seed.slice(0, 16));
    const order = { tokens: file.tokens, unit: null, dryRun: true };
    const count = async () => (await world.store.read((db) => db.select().from(db.tables.tokens))).length;
    const before = await count();
    expect(await importTokens(acts.deps, order)).toEqual({ added: 1, known: [] });
    expect(await count()).toBe(before);
    await importTokens(acts.deps, { ...order, dryRun: false });
    expect(await importTokens(acts.deps, { ...order, dryRun: false })).toEqual({ added: 0, known: ['OK1'] });
    for (const heading of ['serial,secret', 'seed', 'serial,seed,colour']) {
      await expect(readTokenFile(Buffer.from(`${heading}\n`), null)).rejects.toThrow(OperatorError);
    }
    const headless = readTokenFile(Buffer.from(`${seed},OK1\n`), null);
    const error = await headless.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperatorError);
    expect(JSON.stringify(error) + String(error)).not.toMatch(new RegExp(seed.slice(0, 16), 'i'));
  });

  it('are sealed again under a newer data key, in stock and in use', async () => {
    const [waiting, used, account] = [await stock('totp'), await stock('totp'), await without()];
    await give(used, account);
    const { store, keyFile, keyring } = world;
    await addDataKey({ store, keyFile, clock, random: systemRandom });
    await keyring.reload();
    await resealAll({ store, keyring });
    const rows = await store.read((db) => db.select().from(db.tables.tokens));
    expect(rows.every(({ sealedSeed }) => keyring.isCurrent(sealedSeed))).toBe(true);
    expect(await login(account, now(used))).toBe('accept');
    const other = await without();
    await give(waiting, other);
    expect(await login(other, now(waiting))).toBe('accept');
  });
});
