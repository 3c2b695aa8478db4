// EAP-TTLS version 0, RFC 5281 and 9427: PAP, EAP-GTC or EAP-MSCHAPv2 inside.
import { type Avp, avpCodes, encodeAvp, parseAvps } from '../avp.ts';
import { eapTypes, encodeRequest, parseEap } from '../packet.ts';
import type { Evidence } from '../presented.ts';
import { askFurther, type InnerMove, receiveInner, showProof, textIn } from './inner-eap.ts';
import type { Inside, Next, TunnelContext, TunnelMethod } from './tunnel-method.ts';

const name = 'EAP-TTLS';
const microsoft = 311;
const nothing = Buffer.alloc(0);
/** MS-CHAP-Response, MS-CHAP-Challenge, MS-CHAP2-Response. */
const msChapCodes: ReadonlySet<number> = new Set([1, 11, 25]);

function present(inside: Inside, userName: Buffer | undefined, kind: string, evidence: Evidence): Next {
  const presented = {
    userName: textIn(userName ?? Buffer.alloc(0)),
    method: `${name}/${kind}`,
    canAsk: false,
    evidence,
  };
  return [inside, { kind: 'present', presented }];
}

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
      return [inside, { kind: 'succeed' }];
    case 'ask': {
      const { identifier, type, data } = move.request;
      const plain = encodeAvp(avpCodes.eapMessage, encodeRequest(identifier, type, data));
      return [
        { ...inside, inner: move.inner },
        { kind: 'say', plain },
      ];
    }
  }
}

/** PAP pads its password with NULs (RFC 5281 §11.2.5); only those behind it are taken off. */
function withoutPadding(value: Buffer): Buffer {
  let end = value.length;
  while (end > 0 && value[end - 1] === 0) end -= 1;
  return value.subarray(0, end);
}

function isKnown({ code, vendorId }: Avp): boolean {
  if (vendorId === microsoft) return msChapCodes.has(code);
  return vendorId === 0 && Object.values(avpCodes).some((known) => known === code);
}

function receive(inside: Inside, plain: Buffer, context: TunnelContext): Next {
  const avps = parseAvps(plain);
  if (avps === null) return [inside, { kind: 'fail', cause: 'avps-malformed' }];
  if (avps.some((avp) => avp.mandatory && !isKnown(avp))) {
    return [inside, { kind: 'fail', cause: 'avp-unknown-and-mandatory' }];
  }
  const valuesOf = (code: number) =>
    avps.filter((avp) => avp.vendorId === 0 && avp.code === code).map(({ value }) => value);
  const eap = valuesOf(avpCodes.eapMessage);
  const [userName, ...otherNames] = valuesOf(avpCodes.userName);
  const [password, ...otherPasswords] = valuesOf(avpCodes.userPassword);
  const isChap = valuesOf(avpCodes.chapPassword).length + valuesOf(avpCodes.chapChallenge).length > 0;
  const isMsChap = avps.some(({ vendorId }) => vendorId === microsoft);
  const kinds = [eap.length > 0, password !== undefined, isChap, isMsChap].filter(Boolean).length;
  if (kinds !== 1 || otherNames.length + otherPasswords.length > 0) {
    return present(inside, userName, 'nothing', { kind: 'unsupported', detail: 'no-credential' });
  }
  if (isChap) return present(inside, userName, 'CHAP', { kind: 'unsupported', detail: 'chap' });
  if (isMsChap) return present(inside, userName, 'MSCHAP', { kind: 'unsupported', detail: 'ms-chap' });
  if (password !== undefined) {
    if (inside.inner !== null) return [inside, { kind: 'fail', cause: 'inner-method-changed' }];
    return present(inside, userName, 'PAP', { kind: 'text', text: textIn(withoutPadding(password)) });
  }
  const packet = parseEap(eap.length === 1 && eap[0] ? eap[0] : Buffer.concat(eap));
  return moveOf(inside, receiveInner(inside.inner, packet, { ...context, tunnel: name }));
}

export const ttlsMethod: TunnelMethod = {
  type: eapTypes.ttls,
  name,
  version: 0,
  begin: (inside) => [inside, { kind: 'wait' }],
  acknowledged: (inside) => [inside, { kind: 'wait' }],
  receive,
  decided(inside, decision): Next {
    if (decision.verdict === 'accept' && decision.proof === null) return [inside, { kind: 'succeed' }];
    if (inside.inner === null) return [inside, { kind: 'fail', cause: 'nothing-to-ask' }];
    if (decision.verdict === 'accept')
      return moveOf(inside, showProof(inside.inner, decision.proof ?? nothing));
    return moveOf(inside, askFurther(inside.inner, decision.state, decision.prompt));
  },
};
