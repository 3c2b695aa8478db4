// Which gateway asks over HTTPS: by the token it sends, by the certificate it shows, or by both where it has one registered.
import { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { networkOf } from '../../base/network.ts';
import { createRareLog } from '../../base/rare-log.ts';
import { createRateLimit, createWindows } from '../../services/admission/rate-limit.ts';
import type { Gateway } from '../../services/settings/clients.ts';
import type { Settings } from '../../services/settings/settings.ts';
import type { TlsFault } from '../../services/settings/tls-clients.ts';
import { readPeerCertificate } from '../../services/tls/peer-certificate.ts';
import { findToken } from '../../services/web/api-tokens.ts';
import { hashToken } from '../../services/web/sessions.ts';
import type { Store } from '../../store/store.ts';
import { HttpProblem } from '../web/problem.ts';

/** Tries of one network with tokens that were not seen to be good: each costs a look into the store. */
const triesPerMinute = 60;
const maxKeys = 10_000;
/** A token that was good within this time is looked at whatever else comes from its network. */
const goodMs = 3_600_000;

type RefusedCause =
  | 'no-credential'
  | 'token-unknown'
  | 'gateway-without-http'
  | 'certificate-of-another'
  | 'too-many-tries'
  | Exclude<TlsFault, 'no-certificate' | 'several-clients' | 'issuer-not-the-clients'>
  | 'several-gateways'
  | 'issuer-not-the-gateways';

const remedies: Readonly<Record<RefusedCause, string>> = {
  'no-credential': 'Let the gateway send its token (Authorization: Bearer …) or show its certificate.',
  'token-unknown': 'The token is wrong, revoked or over: make another (gatewarden gateway token GATEWAY).',
  'gateway-without-http': 'Give the gateway a profile with a section http, such as openvpn-script.',
  'certificate-of-another':
    'The gateway of this token has a certificate registered (gatewarden gateway show): let it show that one.',
  'too-many-tries': 'Look at what asks from there with tokens that are none.',
  'certificate-expired': 'Renew the certificate of the gateway; check the clocks of both.',
  'certificate-not-yet-valid': 'Check the clocks of the gateway, of this host and of the issuer.',
  'certificate-revoked': 'Find out why it was revoked; give the gateway a new certificate.',
  'certificate-purpose': 'Issue the certificate for client authentication (extended key usage clientAuth).',
  'revocation-unknown': 'Put a current revocation list of every authority into gatewayHttp.tls.crlFile.',
  'issuer-unknown': 'Put the authority into gatewayHttp.tls.caFile, or pin the certificate (--http-pins).',
  'issuer-not-the-gateways': 'The gateway names another issuer: see "gatewarden gateway show".',
  'name-unknown':
    'Declare one of its names (gatewarden gateway set GATEWAY --http-names), or correct the certificate.',
  'several-gateways': 'Several gateways claim this certificate: give each its own names or pins.',
  'session-resumed': 'Switch TLS session resumption off at the gateway.',
};

const causeOf = (fault: TlsFault): RefusedCause => {
  switch (fault) {
    case 'no-certificate':
      return 'no-credential';
    case 'several-clients':
      return 'several-gateways';
    case 'issuer-not-the-clients':
      return 'issuer-not-the-gateways';
    default:
      return fault;
  }
};

export interface Identification {
  /** @throws HttpProblem, the same for every cause but too many tries; StoreUnavailableError */
  identify(request: FastifyRequest): Promise<Gateway>;
  refused(): Readonly<Partial<Record<RefusedCause, number>>>;
}

type Found = { readonly gateway: Gateway } | { readonly fault: RefusedCause };

export function createIdentification(deps: {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
}): Identification {
  const { settings, clock } = deps;
  const monotonic = () => clock.monotonic();
  const rareLog = createRareLog(deps.log, clock);
  const tries = createRateLimit({ maxKeys, monotonic });
  const good = createWindows<true>({ windowMs: goodMs, maxKeys, monotonic });
  const refused: Partial<Record<RefusedCause, number>> = {};

  /** Null: it shows none. */
  function byCertificate(request: FastifyRequest): Found | null {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) return null;
    const certificate = readPeerCertificate(socket, clock.now());
    if (certificate === null) return null;
    if (socket.isSessionReused()) return { fault: 'session-resumed' };
    const found = settings.current().findHttpGateway(certificate);
    return 'client' in found ? { gateway: found.client } : { fault: causeOf(found.fault) };
  }

  async function byToken(text: string, network: string): Promise<Found> {
    const key = hashToken(text).toString('hex');
    const rate = { perSecond: triesPerMinute / 60, burst: triesPerMinute };
    if (good.find(key) === undefined && !tries.take(network, rate)) return { fault: 'too-many-tries' };
    const token = await findToken(deps, text);
    if (token?.gatewayId == null || !token.scopes.includes('decisions')) {
      good.close(key);
      return { fault: 'token-unknown' };
    }
    good.open(key, true);
    const gateway = await gatewayOf(token.gatewayId);
    return gateway?.profile.http === undefined ? { fault: 'gateway-without-http' } : { gateway };
  }

  /** One that was declared a moment ago may not be among the settings yet. */
  async function gatewayOf(gatewayId: number): Promise<Gateway | undefined> {
    const known = settings.current().gateways.get(gatewayId);
    if (known !== undefined) return known;
    await settings.refresh();
    return settings.current().gateways.get(gatewayId);
  }

  async function find(request: FastifyRequest): Promise<Found> {
    const [, text] = /^Bearer ([!-~]{1,200})$/i.exec(request.headers.authorization ?? '') ?? [];
    const shown = byCertificate(request);
    if (text === undefined) return shown ?? { fault: 'no-credential' };
    const found = await byToken(text, networkOf(request.ip));
    if ('fault' in found || !settings.current().needsHttpCertificate(found.gateway.gatewayId)) return found;
    const isOwn = shown !== null && 'gateway' in shown && shown.gateway.gatewayId === found.gateway.gatewayId;
    return isOwn ? found : { fault: 'certificate-of-another' };
  }

  return {
    async identify(request) {
      const found = await find(request);
      if ('gateway' in found) return found.gateway;
      const { fault: cause } = found;
      refused[cause] = (refused[cause] ?? 0) + 1;
      rareLog.warn(
        `${cause} ${networkOf(request.ip)}`,
        { cause, source: request.ip, remedy: remedies[cause] },
        'a request over HTTPS was not taken for any gateway',
      );
      if (cause === 'too-many-tries')
        throw new HttpProblem('too-many-requests', { headers: { 'retry-after': '60' } });
      throw new HttpProblem('gateway-unknown', { headers: { 'www-authenticate': 'Bearer' } });
    },
    refused: () => ({ ...refused }),
  };
}
