// EAP-TLS, RFC 5216 and 9190: a certificate and nothing else.
import { eapTypes } from '../packet.ts';
import type { Next, TunnelMethod } from './tunnel-method.ts';

/** RFC 9190 §2.5: nothing but success follows. */
const successIndication = Buffer.from([0]);

export const tlsMethod: TunnelMethod = {
  type: eapTypes.tls,
  name: 'EAP-TLS',
  version: 0,
  begin(inside, context): Next {
    // TLS 1.2: our Finished goes out first, and the peer agrees to it. TLS 1.3: the decision comes before the indication.
    return context.isTls13 ? present(inside, context) : [inside, { kind: 'wait' }];
  },
  acknowledged: (inside, context) =>
    inside.isClosing ? [inside, { kind: 'succeed' }] : present(inside, context),
  receive: (inside) => [inside, { kind: 'fail', cause: 'data-in-eap-tls' }],
  decided(inside, decision): Next {
    if (decision.verdict === 'ask') return [inside, { kind: 'fail', cause: 'nothing-to-ask' }];
    if (!inside.isClosing) return [inside, { kind: 'succeed' }];
    return [inside, { kind: 'say', plain: successIndication }];
  },
};

function present(
  inside: Parameters<TunnelMethod['begin']>[0],
  { identity, isTls13 }: Parameters<TunnelMethod['begin']>[1],
): Next {
  const presented = {
    userName: identity,
    method: 'EAP-TLS',
    canAsk: false,
    evidence: { kind: 'certificate' },
  } as const;
  return [
    { ...inside, isClosing: isTls13 },
    { kind: 'present', presented },
  ];
}
