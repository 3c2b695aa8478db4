// Keys of workstations from the packet to the record: a peer on a socket, the real decision, both databases.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enterCertificate } from '../../../src/services/workstation-keys/certificates.ts';
import { revokeKey } from '../../../src/services/workstation-keys/keys.ts';
import { setState } from '../../../src/services/workstations.ts';
import type { DecisionStore } from '../../../src/store/store.ts';
import { createActs } from '../../services/acts.ts';
import { createTestClock, type TestClock } from '../../services/clock.ts';
import { createWorld, station, type TestAccount, type World } from '../../services/world.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { closeAll, loadProfile, makeGateway, startHarness, text } from '../harness.ts';
import { type KeyPair, makeKeyPair, openTls, Peer, pap, type Reply } from './peer.ts';

const types = { ttls: 21, tls: 13 } as const;
type Method = keyof typeof types;
const methods: readonly Method[] = ['ttls', 'tls'];
const callingStationId = 31;

describeOnEachStore('the key of a workstation', (open) => {
  let world: World;
  let clock: TestClock;
  let names = 0;

  beforeAll(async () => {
    // Certificates are made as of now.
    clock = createTestClock(Date.now());
    world = await createWorld(await open({ clock }), clock);
  });
  beforeEach(() => clock.advance(60_000));
  afterEach(closeAll);
  afterAll(() => world.close());

  interface Owner {
    readonly account: TestAccount;
    readonly assetTag: string;
    readonly pair: KeyPair;
    /** Of the registered key. */
    readonly keyId: number;
  }

  async function addOwner(): Promise<Owner> {
    const account = await world.addAccount();
    const assetTag = `MT-${account.userName.replace('nvduc', '')}`;
    names += 1;
    const pair = await makeKeyPair(`pc-${names}`);
    const order = { assetTag, certificate: pair.certificate.toString() };
    const { keyId } = await enterCertificate(createActs(world, clock).deps, order);
    return { account, assetTag, pair, keyId };
  }

  const acts = () => createActs(world, clock).deps;
  const withdrawals = {
    'whose key was revoked': ({ keyId }: Owner) => revokeKey(acts(), { keyId, reason: 'lộ khóa' }),
    'that was reported lost': ({ assetTag }: Owner) =>
      setState(acts(), { assetTag, state: 'lost', reason: 'mất máy' }),
  } as const;
  type Withdrawal = keyof typeof withdrawals;
  const cases = methods.flatMap((method) =>
    (Object.keys(withdrawals) as Withdrawal[]).map((withdrawal) => ({ method, withdrawal })),
  );

  /** Begins a conversation; `decisions`: what the node has for a store. */
  async function begin(method: Method, { pair }: Owner, decisions?: DecisionStore) {
    const node = await world.createNode('one', decisions === undefined ? {} : { decisions });
    const profile = loadProfile('generic', { eap: { methods: [method], clientCertificate: 'require' } });
    const harness = await startHarness({
      client: { gateways: [makeGateway({ gatewayId: world.gateways.appended, profile })] },
      authenticate: (login) =>
        node.authenticate({ ...login, receivedAt: clock.now(), receivedMonotonic: clock.monotonic() }),
      eap: { most: 9, mostPerGateway: 9, openTls: openTls() },
    });
    const peer = new Peer(await harness.play(), [text(callingStationId, station)]);
    return {
      /** Up to where the password is asked for, or (EAP-TLS) to the end. */
      async handshake({ userName }: TestAccount): Promise<Reply> {
        await peer.identify(method === 'tls' ? userName : 'anonymous');
        const last = await peer.handshake(types[method], { pair });
        return method === 'ttls' || last.rejected ? last : await peer.tell(Buffer.alloc(0));
      },
      say: (account: TestAccount) =>
        peer.say(pap(account.userName, `${account.password}${world.codeOf(account)}`)),
    };
  }

  async function logIn(method: Method, account: TestAccount, owner: Owner, decisions?: DecisionStore) {
    if (method === 'tls') await world.addTicket(account, { kind: 'login' });
    const conversation = await begin(method, owner, decisions);
    const last = await conversation.handshake(account);
    return method === 'tls' ? last : await conversation.say(account);
  }

  const methodNames = { ttls: 'EAP-TTLS/PAP', tls: 'EAP-TLS' } as const;
  async function expectRefusal(end: Reply, method: Method, { accountId }: TestAccount, owner: Owner) {
    expect(end.rejected).toBe(true);
    expect(await world.lastRecord()).toMatchObject({
      outcome: 'deny',
      reason: 'workstation-revoked',
      detail: null,
      accountId,
      data: { method: methodNames[method] },
      personal: { workstation: owner.assetTag, clientKey: owner.pair.spkiSha256 },
    });
  }

  describe.each(cases)('over $method, of a machine $withdrawal', ({ method, withdrawal }) => {
    it('lets in no more, neither its holder nor anybody else, and the record names the machine', async () => {
      const [owner, thief] = [await addOwner(), await world.addAccount()];
      expect((await logIn(method, owner.account, owner)).accepted).toBe(true);
      expect(await world.lastRecord()).toMatchObject({ outcome: 'accept', data: { evidence: 'E3' } });
      await withdrawals[withdrawal](owner);
      clock.advance(60_000);
      for (const account of [owner.account, thief]) {
        await expectRefusal(await logIn(method, account, owner), method, account, owner);
      }
      await world.setPolicy('organisation', { workstationMode: 'observe' });
      clock.advance(60_000);
      await expectRefusal(await logIn(method, thief, owner), method, thief, owner);
      await world.setPolicy('organisation', {});
    });

    it('lets in no more when that happens while a conversation is being decided', async () => {
      const owner = await addOwner();
      let isWithdrawn = false;
      const { decisions } = world.store;
      const end = await logIn(method, owner.account, owner, {
        commit: (command) => decisions.commit(command),
        async loadFacts(query) {
          const facts = await decisions.loadFacts(query);
          if (!isWithdrawn) await withdrawals[withdrawal](owner);
          isWithdrawn = true;
          return facts;
        },
      });
      await expectRefusal(end, method, owner.account, owner);
    });
  });

  it.each(Object.keys(withdrawals) as Withdrawal[])(
    'of a machine %s between handshake and password lets in no more',
    async (withdrawal) => {
      const owner = await addOwner();
      const conversation = await begin('ttls', owner);
      expect((await conversation.handshake(owner.account)).rejected).toBe(false);
      await withdrawals[withdrawal](owner);
      await expectRefusal(await conversation.say(owner.account), 'ttls', owner.account, owner);
    },
  );
});
