// Every EAP method by wpa_supplicant's peer, over TLS 1.2 and 1.3: right, and wrong in every factor.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOfAssigned, createEapLab, type EapLab } from './eap-lab.ts';
import { type EapLogin, eapolTest } from './eapol.ts';
import { startProxy } from './freeradius.ts';
import { currentCode, wrongCode } from './totp.ts';

const versions = ['1.2', '1.3'] as const;
const methods = [
  { method: 'TTLS', inner: 'PAP' },
  { method: 'TTLS', inner: 'GTC' },
  { method: 'PEAP', inner: 'GTC' },
] as const;
/** Through the gateway `eap` no workstation is demanded, through `eap-key` its key is. */
const wrongs = [
  ['password', 'password-wrong', null],
  ['code', 'code-wrong', null],
  ['no code', 'code-missing', null],
  ['key of another', 'workstation-not-assigned', 'other-account'],
  ['unregistered key', 'workstation-not-assigned', 'unregistered'],
  ['no key', 'workstation-not-assigned', 'unregistered'],
] as const;

const ways = versions.flatMap((tls) =>
  methods.map((way) => ({ ...way, tls, name: `${way.method}-${way.inner} over TLS ${tls}` })),
);

describe('EAP by eapol_test', () => {
  let lab: EapLab;
  let users = 0;
  beforeAll(async () => {
    lab = await createEapLab('sqlite', {
      machines: { nas: 12, proxy: 13 },
      accounts: Array.from({ length: 96 }, (_, i) => [`user${i}`] as const),
      declare: (organisation) => {
        const gateway = (name: string, client: string, leastEvidence: number, more: object = {}) =>
          organisation.addGateway({
            name,
            client,
            profile: 'generic',
            nasIdentifier: name,
            leastEvidence,
            ...more,
          });
        gateway('eap', 'nas', 0);
        gateway('eap-key', 'nas', 3);
        gateway('eap-gtc', 'nas', 0, { profileOverrides: { eap: { methods: ['gtc'] } } });
        gateway('behind', 'proxy', 3);
      },
    });
  });
  afterAll(async () => {
    await lab?.remove();
  });

  /** An account of its own for each login, so that nobody waits for a code. */
  const nextAccount = () => {
    users += 1;
    return lab.account(`user${users - 1}`);
  };

  const run = async (login: Partial<EapLogin> & Pick<EapLogin, 'method' | 'identity'>, server = broker()) =>
    await eapolTest(lab.machine('nas'), lab.directory, server, {
      authority: lab.authority.file,
      from: '192.0.2.1',
      nasIdentifier: 'eap-key',
      outer: 'anonymous',
      certificate: lab.keys.assigned,
      ...login,
    });

  const broker = () => ({ address: lab.broker.address, port: lab.broker.port, secret: lab.secret });

  test.each(ways)('$name: the right key, password and code are accepted, and the keys match', async (way) => {
    const { userName, password, seed } = nextAccount();
    const result = await run({ ...way, identity: userName, text: password + (await currentCode(seed)) });
    expect(result.isAccepted, result.output.slice(-2_000)).toBe(true);
    expect(result.keysMatch).toBe(true);
    expect(result.tls).toBe(`TLSv${way.tls}`);
    expect(await lab.broker.decisionsOf(userName)).toMatchObject([{ outcome: 'accept' }]);
  });

  test.each(ways)('$name: whatever is wrong is refused, and the record says what', async (way) => {
    const keys = { 'key of another': lab.keys.other, 'unregistered key': lab.keys.stranger, 'no key': null };
    const tried = await Promise.all(
      wrongs.map(async ([wrong, reason, detail]) => {
        const { userName, password, seed } = nextAccount();
        const codes = { code: await wrongCode(seed), 'no code': '' };
        const code = wrong in codes ? codes[wrong as keyof typeof codes] : await currentCode(seed);
        const certificate = wrong in keys ? keys[wrong as keyof typeof keys] : lab.keys.assigned;
        const text = `${wrong === 'password' ? 'x' : ''}${password}${code}`;
        const { isAccepted } = await run({ ...way, identity: userName, text, certificate });
        return { userName, wrong, isAccepted, reason, detail };
      }),
    );
    for (const { userName, wrong, isAccepted, reason, detail } of tried) {
      expect(isAccepted, wrong).toBe(false);
      expect(await lab.broker.decisionsOf(userName), wrong).toMatchObject([
        { outcome: 'deny', reason, detail },
      ]);
    }
  });

  test.each(versions)('EAP-TLS over TLS %s carries no code: without a ticket it is refused', async (tls) => {
    const { userName } = nextAccount();
    const result = await run({ method: 'TLS', tls, identity: userName, outer: userName });
    expect(result.isAccepted).toBe(false);
    expect(await lab.broker.decisionsOf(userName)).toMatchObject([
      { outcome: 'deny', reason: 'code-missing' },
    ]);
  });

  test('plain GTC is taken where the profile has it', async () => {
    const { userName, password, seed } = nextAccount();
    const text = password + (await currentCode(seed));
    const typed = { identity: userName, outer: userName, text, certificate: null, from: addressOfAssigned };
    const login = { method: 'GTC', ...typed } as const;
    expect((await run({ ...login, nasIdentifier: 'eap' })).accepts).toBe(0);
    const result = await run({ ...login, nasIdentifier: 'eap-gtc' });
    expect(result.accepts, result.output.slice(-3_000)).toBe(1);
  });

  test.each([
    ['CHAP', 'chap'],
    ['MSCHAPV2', 'ms-chap'],
    ['MD5', 'eap-md5'],
  ] as const)('%s inside EAP-TTLS is refused by name', async (inner, detail) => {
    const { userName, password, seed } = nextAccount();
    const text = password + (await currentCode(seed));
    expect((await run({ method: 'TTLS', inner, identity: userName, text })).isAccepted).toBe(false);
    expect(await lab.broker.decisionsOf(userName)).toMatchObject([
      { outcome: 'deny', reason: 'method-not-allowed', detail },
    ]);
  });

  test.each(ways)(
    '$name: a second login never resumes the first: its code is asked for again',
    async (way) => {
      const { userName, password, seed } = nextAccount();
      const text = password + (await currentCode(seed));
      const result = await run({ ...way, identity: userName, text, again: 1 });
      expect(result.accepts).toBe(1);
      expect(result.isAccepted).toBe(false);
      expect(await lab.broker.decisionsOf(userName)).toMatchObject([
        { outcome: 'accept' },
        { outcome: 'deny', reason: 'code-replayed' },
      ]);
    },
  );

  test('through FreeRADIUS as a proxy each method works; a wrong code or another machine does not', async () => {
    const { address, port } = lab.broker;
    const front = 'front-of-the-proxy-3Vt9wQz7LmX2r';
    const proxy = await startProxy(lab.machine('proxy'), lab.directory, {
      secret: front,
      broker: { address, port, secret: lab.secret },
    });
    const server = { ...proxy, secret: front };
    const tried = await Promise.all(
      ways.map(async (way) => {
        const { userName, password, seed } = nextAccount();
        const login = { ...way, identity: userName, nasIdentifier: 'behind' } as const;
        const right = await run({ ...login, text: password + (await currentCode(seed)) }, server);
        expect(right.isAccepted, `${way.name}\n${right.output.slice(-2_000)}`).toBe(true);
        expect(right.keysMatch).toBe(true);
        const wrong = await run({ ...login, text: password + (await wrongCode(seed)) }, server);
        expect(wrong.isAccepted).toBe(false);
        const holder = nextAccount();
        const otherKey = { ...login, identity: holder.userName, certificate: lab.keys.other };
        const text = holder.password + (await currentCode(holder.seed));
        expect((await run({ ...otherKey, text }, server)).isAccepted).toBe(false);
        return [userName, holder.userName] as const;
      }),
    );
    for (const [userName, onOther] of tried) {
      expect((await lab.broker.decisionsOf(userName)).at(-1)).toMatchObject({ reason: 'code-wrong' });
      expect(await lab.broker.decisionsOf(onOther)).toMatchObject([
        { outcome: 'deny', reason: 'workstation-not-assigned', detail: 'other-account' },
      ]);
    }
  });
});
