// Is this request authentic: Message-Authenticator rules against CVE-2024-3596 and RFC 3579 §3.2.
import type { RadiusClient } from '../services/settings/clients.ts';
import { checkMessageAuthenticator } from '../wire/radius/message-authenticator.ts';
import { first, type Packet } from '../wire/radius/packet.ts';
import type { Secret } from '../wire/radius/secret.ts';

const proxyStateType = 33;
const eapMessageType = 79;

export type DistrustCause =
  | 'message-authenticator-missing'
  | 'message-authenticator-invalid'
  | 'proxy-state-unsigned'
  | 'eap-unsigned';

export type Trust =
  /** `secrets`: the one that signed it, or, unsigned, all that it may have been made with, current first. */
  | { readonly kind: 'ok'; readonly signed: boolean; readonly secrets: readonly Secret[] }
  | { readonly kind: 'drop'; readonly cause: DistrustCause };

/**
 * Judges a request before anything else looks at it, the duplicate cache included. `isSeen`: an Access-Request of this
 * client was signed before. Status-Server must be signed whatever the client's setting (RFC 5997 §3).
 */
export function judgeTrust(
  packet: Packet,
  client: RadiusClient,
  options: { isSeen: boolean; mustSign: boolean },
): Trust {
  for (const secret of client.secrets) {
    const found = checkMessageAuthenticator(packet, secret);
    if (found === 'valid') return { kind: 'ok', signed: true, secrets: [secret] };
    if (found === 'absent') return judgeUnsigned(packet, client, options);
  }
  return { kind: 'drop', cause: 'message-authenticator-invalid' };
}

function judgeUnsigned(
  packet: Packet,
  client: RadiusClient,
  { isSeen, mustSign }: { isSeen: boolean; mustSign: boolean },
): Trust {
  const { requireMessageAuthenticator: required, limitProxyState } = client;
  if (mustSign || required === 'always' || (required === 'auto' && isSeen)) {
    return { kind: 'drop', cause: 'message-authenticator-missing' };
  }
  if (first(packet, eapMessageType) !== undefined) return { kind: 'drop', cause: 'eap-unsigned' };
  if (limitProxyState && first(packet, proxyStateType) !== undefined) {
    return { kind: 'drop', cause: 'proxy-state-unsigned' };
  }
  return { kind: 'ok', signed: false, secrets: client.secrets };
}

/** What the engineer of the gateway can do about it; for the log. */
export function distrustRemedy(cause: DistrustCause, client: RadiusClient): string {
  if (cause === 'message-authenticator-missing' && client.requireMessageAuthenticator === 'auto')
    return sinceSigned;
  return remedies[cause];
}

const sinceSigned =
  'An earlier request of this client was signed, and under "auto" all must be since. If the gateway itself never signs (a probe or another program at its address did), remove and declare it again, or set requireMessageAuthenticator to never, with a reason.';

const remedies: Readonly<Record<DistrustCause, string>> = {
  'message-authenticator-missing':
    'Update the gateway so that it signs its requests, or set requireMessageAuthenticator of this client to never, with a reason.',
  'message-authenticator-invalid': 'Compare the shared secret of the gateway with the one of this client.',
  'proxy-state-unsigned':
    'Let the proxy sign its requests, or set limitProxyState of this client to false if the network between is trusted.',
  'eap-unsigned': 'EAP must be signed (RFC 3579 §3.2): look for something between that strips attributes.',
};
