// Bugs put into copies of a broker's parts, to prove that the simulation finds their like.
import { createDuplicateCache } from '../../src/services/admission/duplicate-cache.ts';
import type { PreparedCommand } from '../../src/store/decision-writer/apply.ts';
import { codes, parsePacket } from '../../src/wire/radius/packet.ts';
import { type Parts, realParts } from './parts.ts';

export interface PlantedBug {
  readonly name: string;
  /** The invariants by which it may show, whichever a seed breaks first. */
  readonly breaks: readonly string[];
  /** Where to begin: rare ones take thousands of runs otherwise. */
  readonly from?: number;
  readonly parts: Parts;
}

/** The batch logic on commands and rows that were tampered with. */
function tamper(
  change: (
    commands: readonly PreparedCommand[],
    rows: Parameters<Parts['applyBatch']>[1],
  ) => [readonly PreparedCommand[], Parameters<Parts['applyBatch']>[1]],
): Parts {
  return {
    ...realParts,
    applyBatch: (commands, rows, now) => realParts.applyBatch(...change(commands, rows), now),
  };
}

type Guard = NonNullable<PreparedCommand['guard']>;

function tamperGuards(change: (guard: Guard, revision: number) => Guard): Parts {
  return tamper((commands, rows) => [
    commands.map((command) => {
      const { guard, accountId } = command;
      const row = accountId === null ? undefined : rows.accounts.get(accountId);
      return guard === null || row === undefined
        ? command
        : { ...command, guard: change(guard, row.revision) };
    }),
    rows,
  ]);
}

/** The listener behind a duplicate cache of its own, which looks before anybody has checked a signature. */
const cacheBeforeSignature: Parts['createRadiusServer'] = (deps) =>
  realParts.createRadiusServer({
    ...deps,
    openListener: async (endpoints, listenerDeps) => {
      const { openListener } = deps;
      if (openListener === undefined) throw new Error('the simulation gives a listener');
      const cache = createDuplicateCache({
        lifetimeMs: 30_000,
        maxReplies: 65_536,
        monotonic: () => deps.clock.monotonic(),
      });
      return await openListener(endpoints, {
        ...listenerDeps,
        onDatagram(socket, datagram, address, port) {
          const packet = parsePacket(datagram);
          const key = `${address} ${port} ${codes.AccessRequest} ${packet.identifier}`;
          const admitted = cache.admit(key, packet.authenticator);
          if (admitted.kind === 'answered') socket.send(admitted.reply, port, address, () => {});
          if (admitted.kind !== 'new') return;
          const send: typeof socket.send = (reply, ...to) => {
            if (cache.complete(admitted.entry, reply)) socket.send(reply, ...to);
          };
          listenerDeps.onDatagram({ ...socket, send }, datagram, address, port);
        },
      });
    },
  });

/** The listener without duplicate detection: every datagram seems to come in on a socket of its own. */
const withoutCache: Parts['createRadiusServer'] = (deps) =>
  realParts.createRadiusServer({
    ...deps,
    openListener: async (endpoints, listenerDeps) => {
      const { openListener } = deps;
      if (openListener === undefined) throw new Error('the simulation gives a listener');
      let datagrams = 0;
      return await openListener(endpoints, {
        ...listenerDeps,
        onDatagram(socket, ...rest) {
          datagrams += 1;
          listenerDeps.onDatagram({ ...socket, name: `socket ${datagrams}` }, ...rest);
        },
      });
    },
  });

const anybody = { gatewayId: 0, userName: 'anybody', station: '' };

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'a time step is claimed without looking whether it was',
    breaks: ['a code is accepted once'],
    parts: tamper((commands, rows) => [
      commands,
      {
        ...rows,
        authenticators: new Map([...rows.authenticators].map(([id, row]) => [id, { ...row, lastStep: -1 }])),
      },
    ]),
  },
  {
    name: 'the reply leaves before the commit',
    breaks: ['committed before answered'],
    parts: {
      ...realParts,
      decisions: (store) => ({
        ...store,
        async commit(command) {
          store.commit(command).catch(() => {});
          return { kind: 'committed', chain: 'not yet', seq: 1 };
        },
      }),
    },
  },
  {
    name: 'the duplicate cache looks before the Message-Authenticator is checked',
    breaks: [
      'forgeries change nothing',
      'a retransmission is not decided again',
      'who is right is let in',
      'no wrong Reject',
    ],
    parts: { ...realParts, createRadiusServer: cacheBeforeSignature },
  },
  {
    name: 'the commit does not compare the revision',
    breaks: [
      'no Accept after suspension',
      'no Accept after retirement',
      'no Accept from elsewhere',
      'no wrong Accept',
      'no wrong Reject',
    ],
    parts: tamperGuards((guard, revision) => ({ ...guard, revision })),
  },
  {
    name: 'the commit does not look at locked counters',
    breaks: ['guesses keep within the policy'],
    parts: tamperGuards((guard) => ({ ...guard, notLocked: [] })),
  },
  {
    name: 'the commit does not look at the end of the term',
    breaks: ['no Accept out of term'],
    from: 560,
    parts: tamperGuards((guard) => ({ ...guard, requireValid: false })),
  },
  {
    name: 'a State may be used again',
    breaks: ['a State is used once'],
    parts: tamper((commands, rows) => [
      commands.map((command) => ({ ...command, challengeClaim: null })),
      rows,
    ]),
  },
  {
    name: 'a State is good for everybody',
    breaks: ['a State belongs to one login', 'no wrong Accept', 'no wrong Reject'],
    parts: {
      ...realParts,
      createChallenges: (deps) => {
        const real = realParts.createChallenges(deps);
        return {
          seal: (_parties, content, expiresAt) => real.seal(anybody, content, expiresAt),
          open: (state, _parties, now) => real.open(state, anybody, now),
        };
      },
    },
  },
  {
    name: 'wrong codes are not counted',
    breaks: ['guesses keep within the policy', 'no wrong Reject'],
    parts: tamper((commands, rows) => [commands.map((command) => ({ ...command, failures: [] })), rows]),
  },
  {
    name: 'retransmissions are not detected',
    breaks: ['a retransmission is not decided again'],
    parts: { ...realParts, createRadiusServer: withoutCache },
  },
  {
    name: 'nobody remembers who claimed a step',
    breaks: ['no wrong Reject', 'who is right is let in'],
    parts: {
      ...realParts,
      decisions: (store) => ({
        ...store,
        async loadFacts(query) {
          const facts = await store.loadFacts(query);
          const { account } = facts;
          if (account === null) return facts;
          const authenticators = account.authenticators.map((one) => ({ ...one, lastClaim: null }));
          return { ...facts, account: { ...account, authenticators } };
        },
      }),
    },
  },
  {
    name: 'rejects leave as soon as they are decided',
    breaks: ['rejects leave at their deadline'],
    parts: {
      ...realParts,
      createRadiusServer: (deps) =>
        realParts.createRadiusServer({ ...deps, config: { ...deps.config, rejectDelayMs: 0 } }),
    },
  },
  {
    name: 'a clock that jumps is trusted',
    breaks: [
      'no wrong Accept',
      'no wrong Reject',
      'no Accept out of term',
      'a session ends in time',
      'nothing is answered on a wrong clock',
      'guesses keep within the policy',
    ],
    parts: {
      ...realParts,
      createAuthenticator: (deps) => realParts.createAuthenticator({ ...deps, isClockStable: () => true }),
    },
  },
];
