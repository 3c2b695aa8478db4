// Tickets from the request to the record: spent once, by one login, found by address or by token.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newTicketToken, ticketTokenHash } from '../../../src/services/ticket-token.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, type TestAccount, type World } from '../world.ts';

const monday = Date.UTC(2026, 2, 2, 1);
const key = `spki-sha256:${'ab'.repeat(32)}`;

test('a token has no letter that shows it in the store, and is read whatever its case', () => {
  const token = newTicketToken({ bytes: (length) => Buffer.alloc(length, 9) });
  expect(token).toMatch(/^[2-9a-hj-np-z]{16}$/);
  expect(ticketTokenHash(token)).toBe(ticketTokenHash(token.toUpperCase()));
  expect(ticketTokenHash(token)).not.toContain(token);
});

describeOnEachStore('a ticket', (open) => {
  let clock: TestClock;
  let world: World;
  let account: TestAccount;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
    account = await world.addAccount();
    await world.addIdentifier(account, key);
    await world.setPolicy('organisation', { leastEvidence: 3 });
  });
  afterAll(() => world.close());

  const appended = () => world.login(account, { observed: [] });
  const next = () => clock.advance(30_000);

  test('found by address lets in once, and a code of the next step does not use it again', async () => {
    next();
    const node = await world.createNode('same');
    await world.addTicket(account, { keyIdentifier: key });
    expect(await node.authenticate(appended())).toMatchObject({ kind: 'accept' });
    expect(await world.lastRecord()).toMatchObject({
      outcome: 'accept',
      data: { evidence: 'E3', ticket: 'proof' },
    });
    next();
    expect(await node.authenticate(appended())).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-used' });
  });

  test('whose login reaches two nodes is spent by one; the other says nothing', async () => {
    next();
    await world.addTicket(account, { keyIdentifier: key });
    const [first, second] = [await world.createNode('a'), await world.createNode('b')];
    const login = appended();
    expect(await first.authenticate(login)).toMatchObject({ kind: 'accept' });
    expect(await second.authenticate(login)).toEqual({ kind: 'silent', cause: 'duplicate-elsewhere' });
  });

  test('is spent by exactly one of two logins at once with different codes', async () => {
    next();
    await world.addTicket(account, { keyIdentifier: key });
    const later = clock.now() + 30_000;
    const [first, second] = [await world.createNode('a'), await world.createNode('b')];
    const one = appended();
    clock.set(later);
    const two = appended();
    const verdicts = await Promise.all([first.authenticate(one), second.authenticate(two)]);
    expect(verdicts.filter(({ kind }) => kind === 'accept')).toHaveLength(1);
  });

  test('seen in time by round one of a challenge is spent by round two', async () => {
    next();
    const node = await world.createNode('same');
    await world.addTicket(account, { keyIdentifier: key, expiresAt: clock.now() + 5_000 });
    const gatewayId = world.gateways.challenge;
    const observed = [] as const;
    const credentials = { style: 'password', text: account.password } as const;
    const begun = await node.authenticate(world.login(account, { gatewayId, observed, credentials }));
    if (begun.kind !== 'challenge') throw new Error(`no challenge but ${begun.kind}`);
    clock.advance(40_000);
    const answer = { style: 'challenge-answer', text: world.codeOf(account), state: begun.state } as const;
    const ended = await node.authenticate(world.login(account, { gatewayId, observed, credentials: answer }));
    expect(ended).toMatchObject({ kind: 'accept' });
    expect(await world.lastRecord()).toMatchObject({ data: { evidence: 'E3', ticket: 'proof', round: 2 } });
  });

  test('whose gateway hides the address is found by its token alone', async () => {
    next();
    const node = await world.createNode('same');
    const token = 'abcdefgh23456789';
    await world.addTicket(account, {
      keyIdentifier: key,
      address: '198.51.100.1',
      tokenHash: ticketTokenHash(token),
    });
    const gatewayId = world.gateways.hidden;
    const login = (ticketToken: string | null) => {
      return world.login(account, { gatewayId, observed: [], station: '', ticketToken });
    };
    expect(await node.authenticate(login(null))).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'workstation-not-identified' });
    expect(await node.authenticate(login('9'.repeat(16)))).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-mismatch' });
    expect(await node.authenticate(login(token))).toMatchObject({ kind: 'accept' });
    next();
    expect(await node.authenticate(login(token))).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-used' });
    const other = await world.addAccount();
    const request = world.login(other, { gatewayId, observed: [], station: '', ticketToken: token });
    expect(await node.authenticate(request)).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-mismatch' });
    expect(JSON.stringify(await world.records())).not.toContain(token);
  });

  test('bought with password and code is what EAP-TLS ends in an Accept by', async () => {
    next();
    const node = await world.createNode('same');
    const login = () =>
      world.login(account, {
        credentials: { style: 'ticket' },
        method: 'EAP-TLS',
        observed: [{ key, level: 3 }],
      });
    expect(await node.authenticate(login())).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'code-missing' });
    await world.addTicket(account, { kind: 'login' });
    expect(await node.authenticate(login())).toMatchObject({ kind: 'accept' });
    expect(await world.lastRecord()).toMatchObject({
      outcome: 'accept',
      data: { ticket: 'login', evidence: 'E3', password: 'not-required' },
    });
    expect(await node.authenticate(login())).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-used' });
  });
});
