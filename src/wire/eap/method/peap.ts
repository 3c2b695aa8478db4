// PEAP version 0 ([MS-PEAP]; draft-kamath-pppext-peapv0) with EAP-GTC or EAP-MSCHAPv2 inside: inner packets come without their header, but for
// the one that agrees on the result.
import { eapCodes, eapTypes, encodeRequest, parseEap } from '../packet.ts';
import { askFurther, askIdentity, type InnerMove, receiveInner, showProof } from './inner-eap.ts';
import type { Inside, Next, TunnelMethod } from './tunnel-method.ts';

const name = 'PEAP';
/** Result TLV, mandatory, with the value 1: success. */
const resultSuccess = Buffer.from([0x80, 3, 0, 2, 0, 1]);
const resultType = 3;
const firstIdentifier = 1;

function moveOf(inside: Inside, move: InnerMove): Next {
  switch (move.kind) {
    case 'fail':
      return [inside, move];
    case 'present':
      return [
        { ...inside, inner: move.inner },
        { kind: 'present', presented: move.presented },
      ];
    case 'agreed':
      return agreeOnResult(inside);
    case 'ask': {
      const { type, data } = move.request;
      const plain = Buffer.concat([Buffer.from([type]), data]);
      return [
        { ...inside, inner: move.inner },
        { kind: 'say', plain },
      ];
    }
  }
}

/** Whether the peer agrees that it has succeeded: an Extensions Response with a Result TLV of 1. */
function agrees(plain: Buffer): boolean {
  const packet = parseEap(plain);
  if (packet?.code !== eapCodes.response || packet.type !== eapTypes.extensions) return false;
  const { data } = packet;
  for (let at = 0; at + 4 <= data.length; ) {
    const type = data.readUInt16BE(at) & 0x3fff;
    const length = data.readUInt16BE(at + 2);
    if (at + 4 + length > data.length) return false;
    if (type === resultType) return length === 2 && data.readUInt16BE(at + 4) === 1;
    at += 4 + length;
  }
  return false;
}

function agreeOnResult(inside: Inside): Next {
  const identifier = ((inside.inner?.identifier ?? 0) + 1) & 0xff;
  const plain = encodeRequest(identifier, eapTypes.extensions, resultSuccess);
  return [
    { ...inside, isClosing: true },
    { kind: 'say', plain },
  ];
}

const start = (inside: Inside): Next => moveOf(inside, askIdentity(firstIdentifier));

export const peapMethod: TunnelMethod = {
  type: eapTypes.peap,
  name,
  version: 0,
  // TLS 1.2: our Finished goes out first. TLS 1.3: the peer has had it long since.
  begin: (inside, { isTls13 }) => (isTls13 ? start(inside) : [inside, { kind: 'wait' }]),
  acknowledged: (inside) =>
    inside.inner === null ? start(inside) : [inside, { kind: 'fail', cause: 'nothing-said' }],
  receive(inside, plain, context): Next {
    if (inside.isClosing) {
      return [inside, agrees(plain) ? { kind: 'succeed' } : { kind: 'fail', cause: 'peer-disagrees' }];
    }
    if (inside.inner === null) return [inside, { kind: 'fail', cause: 'data-before-inner-start' }];
    const { identifier } = inside.inner;
    const packet =
      plain[0] === undefined
        ? null
        : { code: eapCodes.response, identifier, type: plain[0], data: plain.subarray(1) };
    return moveOf(inside, receiveInner(inside.inner, packet, { ...context, tunnel: name }));
  },
  decided(inside, decision): Next {
    if (inside.inner === null) return [inside, { kind: 'fail', cause: 'nothing-to-ask' }];
    if (decision.verdict === 'ask') {
      return moveOf(inside, askFurther(inside.inner, decision.state, decision.prompt));
    }
    return decision.proof === null
      ? agreeOnResult(inside)
      : moveOf(inside, showProof(inside.inner, decision.proof));
  },
};
