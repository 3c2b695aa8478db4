// The organisation's OpenID Connect provider (OpenID Connect Core and Discovery 1.0; code flow with PKCE, RFC 7636): what it says of
// itself, the address to send a browser to, and the claims for a code. Every ID token's signature is checked.
import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, customFetch as joseFetch, jwtVerify } from 'jose';
import * as client from 'openid-client';
import type { Clock } from '../../../base/clock.ts';
import { OperatorError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import { createRareLog } from '../../../base/rare-log.ts';
import { isProviderUrl, type OidcConfig } from '../../../config/oidc.ts';
import { createProviderFetch } from './provider-fetch.ts';
import type { OidcRefusal } from './refusals.ts';

/** Asymmetric, widely spoken; never `none`, never a shared secret. */
const signingAlgorithms = ['RS256', 'ES256', 'PS256'];
/** What the provider says of itself is asked for again after so long. */
const metadataMs = 3_600_000;
/** How far the provider's clock may be off. */
export const toleranceSeconds = 30;

export type Claims = Readonly<Record<string, unknown>> & { readonly sub: string };

/** What a browser is sent with, and comes back to. */
export interface Errand {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** The provider must authenticate the operator anew. */
  readonly isFresh: boolean;
}

type Exchanged =
  | { readonly kind: 'claims'; readonly claims: Claims }
  | { readonly kind: 'refused'; readonly refusal: OidcRefusal };

/** Why the provider can't be used. */
type ProviderFault = 'unreachable' | 'issuer' | 'endpoint' | 'algorithm' | 'file';

class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly fault: ProviderFault;
  /** For logs and `doctor`: what was found instead. */
  readonly found: string;
  constructor(fault: ProviderFault, found: string, cause?: unknown) {
    super(`the OpenID Connect provider cannot be used (${fault}: ${found})`, { cause });
    this.fault = fault;
    this.found = found;
  }
}

/** What `doctor` is told. */
export type ProviderReport =
  | {
      readonly kind: 'usable';
      readonly algorithms: readonly string[];
      /** Says that it names itself in its answers (RFC 9207). */
      readonly namesItself: boolean;
      readonly keys: number;
    }
  | { readonly kind: 'unusable'; readonly fault: ProviderFault; readonly found: string };

export interface OidcProvider {
  /** Null: the provider can't be used just now; the log says why. */
  authorizationUrl(errand: Errand): Promise<URL | null>;
  /** Takes the browser's answer: `answer` is the redirect URI with its query. */
  exchange(answer: URL, errand: Errand): Promise<Exchanged>;
  /** Where to sign out; null: it has no such place, or can't be used just now. */
  endSessionUrl(returnTo: string): Promise<URL | null>;
  /** Claims of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4) whose signature, issuer, audience and times are right. */
  verifyLogoutToken(token: string): Promise<Readonly<Record<string, unknown>> | null>;
  examine(): Promise<ProviderReport>;
  close(): Promise<void>;
}

interface Known {
  readonly metadata: client.ServerMetadata;
  readonly askedAt: number;
}

/** @throws OperatorError */
function readSecret({ secret }: OidcConfig): string {
  if ('text' in secret) return secret.text;
  let text: string;
  try {
    text = readFileSync(secret.file, 'utf8').trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`oidc.clientSecretFile: ${secret.file} cannot be read (${code}).`, {
      at: 'oidc.clientSecretFile',
      remedy: 'Check the path, and give the service the right to read the file.',
      cause,
    });
  }
  if (text !== '' && !/\s/.test(text)) return text;
  throw new OperatorError(`oidc.clientSecretFile: ${secret.file} holds no secret.`, {
    at: 'oidc.clientSecretFile',
    remedy: 'Its only line is the secret that the provider gave.',
  });
}

/** The claim that a failure is about, where there is one: the library keeps it with the innermost cause. */
function claimOf(error: unknown): string | null {
  for (let cause = error, depth = 0; depth < 4; depth += 1) {
    const { claim, cause: inner } = (cause ?? {}) as { claim?: unknown; cause?: unknown };
    if (typeof claim === 'string') return claim;
    cause = inner;
  }
  return null;
}

const codeOf = (error: unknown) => (error as { code?: unknown }).code;

/** What the library's complaint about an answer means. */
function refusalOf(error: unknown): OidcRefusal {
  if (error instanceof client.AuthorizationResponseError) return 'provider-refused';
  if (error instanceof client.ResponseBodyError) {
    return error.error === 'invalid_grant' ? 'code' : 'unavailable';
  }
  const claim = claimOf(error);
  switch (codeOf(error)) {
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return claim === 'exp' ? 'token-expired' : 'token';
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      if (claim === 'nonce') return 'nonce';
      return claim === 'iss' ? 'issuer' : 'token';
    case 'OAUTH_TIMEOUT':
    case 'OAUTH_ABORT':
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
    case 'OAUTH_WWW_AUTHENTICATE_CHALLENGE':
      return 'unavailable';
    case undefined:
      // A failed connection.
      return 'unavailable';
    default:
      return 'token';
  }
}

function claimsRequest(acrs: readonly string[]): string | null {
  const [first, ...more] = acrs;
  if (first === undefined) return null;
  const wanted = more.length === 0 ? { value: first } : { values: acrs };
  return JSON.stringify({ id_token: { acrs: { essential: true, ...wanted } } });
}

/** @throws OperatorError when a file of the configuration cannot be read */
export function createOidcProvider(
  config: OidcConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): OidcProvider {
  const { issuer, clientId, allowHttpOnLoopback, timeoutSeconds } = config;
  const http = createProviderFetch(config);
  const rareLog = createRareLog(log, clock);
  let known: Known | null = null;
  let asking: Promise<Known> | null = null;
  readSecret(config);

  const isAllowed = (url: unknown) => typeof url === 'string' && isProviderUrl(url, allowHttpOnLoopback);

  async function discover(): Promise<Known> {
    const found = await client
      .discovery(new URL(issuer), clientId, {}, client.None(), {
        [client.customFetch]: http.fetch,
        timeout: timeoutSeconds,
        ...(allowHttpOnLoopback ? { execute: [client.allowInsecureRequests] } : {}),
      })
      .catch((error: unknown) => {
        if (codeOf(error) === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') {
          const body = (error as { cause?: { body?: { issuer?: unknown } } }).cause?.body;
          throw new ProviderError('issuer', String(body?.issuer).slice(0, 500), error);
        }
        const cause = (error as { cause?: { code?: unknown } }).cause?.code ?? codeOf(error);
        throw new ProviderError('unreachable', String(cause ?? (error as Error).message), error);
      });
    const { supportsPKCE: _, ...metadata } = found.serverMetadata();
    if (metadata.issuer !== issuer) throw new ProviderError('issuer', metadata.issuer);
    for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
      if (!isAllowed(metadata[name])) throw new ProviderError('endpoint', name);
    }
    const spoken = metadata.id_token_signing_alg_values_supported ?? ['RS256'];
    const algorithms = spoken.filter((name) => signingAlgorithms.includes(name));
    if (algorithms.length === 0) throw new ProviderError('algorithm', spoken.join(', ').slice(0, 200));
    return {
      metadata: { ...metadata, id_token_signing_alg_values_supported: algorithms },
      askedAt: clock.monotonic(),
    };
  }

  async function metadataNow(): Promise<client.ServerMetadata> {
    if (known !== null && clock.monotonic() - known.askedAt < metadataMs) return known.metadata;
    asking ??= discover().finally(() => {
      asking = null;
    });
    known = await asking;
    return known.metadata;
  }

  /** Anew for each errand: with the secret as it is, and keys that are fetched again. */
  async function openClient(): Promise<client.Configuration> {
    const metadata = await metadataNow();
    const secret = readSecret(config);
    const authentication =
      config.clientAuthentication === 'client_secret_post'
        ? client.ClientSecretPost(secret)
        : client.ClientSecretBasic(secret);
    const configuration = new client.Configuration(
      metadata,
      clientId,
      { [client.clockTolerance]: toleranceSeconds },
      authentication,
    );
    configuration[client.customFetch] = http.fetch;
    configuration.timeout = timeoutSeconds;
    if (allowHttpOnLoopback) client.allowInsecureRequests(configuration);
    client.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  /** Words of the library and closed codes only: what hangs on its errors may name people. */
  function note(error: unknown): void {
    const fault =
      error instanceof ProviderError ? error.fault : error instanceof OperatorError ? 'file' : 'answer';
    const answered = error instanceof client.ResponseBodyError ? error.error.slice(0, 100) : undefined;
    const fields = { issuer, fault, code: codeOf(error), cause: (error as Error).message, answered };
    rareLog.warn(`oidc ${fault}`, fields, 'the OpenID Connect provider cannot be used');
  }

  return {
    async authorizationUrl({ redirectUri, state, nonce, codeVerifier, isFresh }) {
      try {
        const { acr, acrs } = config.secondFactor;
        const claims = claimsRequest(acrs);
        return client.buildAuthorizationUrl(await openClient(), {
          redirect_uri: redirectUri,
          scope: ['openid', ...config.scopes.filter((scope) => scope !== 'openid')].join(' '),
          response_type: 'code',
          state,
          nonce,
          code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: 'S256',
          max_age: String(isFresh ? 0 : config.maxAgeSeconds),
          ...(isFresh ? { prompt: 'login' } : {}),
          ...(acr.length === 0 ? {} : { acr_values: acr.join(' ') }),
          ...(claims === null ? {} : { claims }),
        });
      } catch (error) {
        note(error);
        return null;
      }
    },

    async exchange(answer, { state, nonce, codeVerifier }) {
      try {
        const configuration = await openClient();
        const from = answer.searchParams.get('iss');
        const isNamed =
          configuration.serverMetadata().authorization_response_iss_parameter_supported === true;
        if (from === null ? isNamed : from !== issuer) return { kind: 'refused', refusal: 'issuer' };
        const tokens = await client.authorizationCodeGrant(configuration, answer, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: codeVerifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        // Issued for another party that shares the audience (OpenID Connect Core §3.1.3.7): the library looks only where there are several.
        const isOurs = claims?.azp === undefined || claims.azp === clientId;
        return claims === undefined || !isOurs
          ? { kind: 'refused', refusal: 'token' }
          : { kind: 'claims', claims: claims as Claims };
      } catch (error) {
        const refusal = error instanceof ProviderError ? 'unavailable' : refusalOf(error);
        if (refusal === 'unavailable' || refusal === 'token') note(error);
        return { kind: 'refused', refusal };
      }
    },

    async endSessionUrl(returnTo) {
      try {
        const metadata = await metadataNow();
        if (!isAllowed(metadata.end_session_endpoint)) return null;
        const url = new URL(String(metadata.end_session_endpoint));
        url.searchParams.set('client_id', clientId);
        url.searchParams.set('post_logout_redirect_uri', returnTo);
        return url;
      } catch (error) {
        note(error);
        return null;
      }
    },

    async verifyLogoutToken(token) {
      try {
        const { jwks_uri: uri } = await metadataNow();
        const keys = createRemoteJWKSet(new URL(String(uri)), {
          [joseFetch]: (url, { headers, signal }) =>
            http.fetch(url, {
              body: undefined,
              headers: Object.fromEntries(headers),
              method: 'GET',
              redirect: 'manual',
              signal,
            }),
          timeoutDuration: timeoutSeconds * 1_000,
        });
        const { payload } = await jwtVerify(token, keys, {
          algorithms: signingAlgorithms,
          issuer,
          audience: clientId,
          requiredClaims: ['iat', 'exp', 'jti', 'events'],
          clockTolerance: toleranceSeconds,
          currentDate: new Date(clock.now()),
        });
        return payload;
      } catch (error) {
        note(error);
        return null;
      }
    },

    async examine() {
      try {
        known = await discover();
        const { metadata } = known;
        readSecret(config);
        const answer = await http.fetch(String(metadata.jwks_uri), {
          method: 'GET',
          headers: { accept: 'application/json' },
          body: undefined,
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutSeconds * 1_000),
        });
        const { keys } = (await answer.json()) as { keys?: unknown };
        if (!Array.isArray(keys) || keys.length === 0) return unusable('endpoint', 'jwks_uri');
        return {
          kind: 'usable',
          algorithms: metadata.id_token_signing_alg_values_supported ?? [],
          namesItself: metadata.authorization_response_iss_parameter_supported === true,
          keys: keys.length,
        };
      } catch (error) {
        if (error instanceof ProviderError) return unusable(error.fault, error.found);
        if (error instanceof OperatorError) return unusable('file', error.message);
        return unusable('endpoint', 'jwks_uri');
      }
    },

    close: () => http.close(),
  };
}

const unusable = (fault: ProviderFault, found: string) => ({ kind: 'unusable', fault, found }) as const;

/** What `doctor` is told of the provider, by asking it now. */
export async function examineOidcProvider(
  config: OidcConfig,
  deps: { readonly clock: Clock; readonly log: Log },
): Promise<ProviderReport> {
  let provider: OidcProvider;
  try {
    provider = createOidcProvider(config, deps);
  } catch (error) {
    if (error instanceof OperatorError) return unusable('file', error.message);
    throw error;
  }
  try {
    return await provider.examine();
  } finally {
    await provider.close();
  }
}
