// Section `oidc`: the organisation's OpenID Connect provider, by which operators may sign in to the console.
import { type Static, Type } from 'typebox';
import type { Fault, Path } from './faults.ts';
import { isLoopback } from './web.ts';

const values = (description: string, defaults: string[] = []) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { default: defaults, description });

const identitySchema = Type.Object(
  {
    claim: Type.String({
      default: 'sub',
      pattern: '^[A-Za-z0-9_.:/-]{1,100}$',
      description:
        'claim of the ID token by which an operator is found the first time; sub: operators link it themselves',
    }),
    matches: Type.Enum(['signInName', 'staffCode'], {
      default: 'signInName',
      description: 'what of the operator the claim is compared with',
    }),
    domain: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$',
        description: 'what must follow the @ of the claim, and is left out before comparing',
      }),
    ),
  },
  { additionalProperties: false, default: {} },
);

const secondFactorSchema = Type.Object(
  {
    amr: values('methods (RFC 8176) any of which in `amr` proves a second factor', ['mfa']),
    acr: values('classes any of which in `acr` proves it; asked for by acr_values'),
    acrs: values('authentication contexts (Entra ID) any of which in `acrs` proves it; asked for by claims'),
  },
  { additionalProperties: false, default: {} },
);

export const oidcSchema = Type.Object(
  {
    issuer: Type.String({
      pattern: '^https?://[^\\s?#]+$',
      maxLength: 500,
      description: "the provider's issuer, letter by letter as in its discovery document",
    }),
    clientId: Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'name of this console at the provider',
    }),
    clientSecretFile: Type.Optional(
      Type.String({ minLength: 1, description: "a file with the client's secret, in one line" }),
    ),
    clientSecret: Type.Optional(
      Type.String({
        minLength: 1,
        writeOnly: true,
        description: 'the secret itself: by the environment alone',
      }),
    ),
    clientAuthentication: Type.Enum(['client_secret_basic', 'client_secret_post'], {
      default: 'client_secret_basic',
      description: 'how the secret is shown to the provider',
    }),
    caFile: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM file: authorities that may sign the provider' }),
    ),
    scopes: Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,200}$' }), {
      default: [],
      description: 'scopes asked for beside openid, such as profile or email',
    }),
    identity: identitySchema,
    secondFactor: secondFactorSchema,
    maxAgeSeconds: Type.Integer({
      default: 43_200,
      minimum: 0,
      maximum: 2_592_000,
      description: 'how long ago the provider may have authenticated the operator',
    }),
    timeoutSeconds: Type.Integer({
      default: 5,
      minimum: 1,
      maximum: 30,
      description: "seconds that each of the provider's answers may take",
    }),
    passwordSignIn: Type.Enum(['allowed', 'refused'], {
      default: 'allowed',
      description: 'whether operators who are linked to the provider may still sign in by password and code',
    }),
    signOutAtProvider: Type.Boolean({
      default: true,
      description: 'whether signing out of the console signs out at the provider too',
    }),
    allowHttpOnLoopback: Type.Boolean({
      default: false,
      description: 'lets the provider be on http://localhost or another loopback address, for trials',
    }),
  },
  { additionalProperties: false },
);

/** Where the provider sends browsers back to, below the console's address: as it is registered there. */
export const oidcCallbackPath = '/api/v1/sign-in/oidc/callback';

type Settings = Static<typeof oidcSchema>;

/** The section, checked. Paths are absolute. */
export interface OidcConfig
  extends Omit<Settings, 'clientSecretFile' | 'clientSecret' | 'caFile' | 'identity'> {
  readonly secret: { readonly file: string } | { readonly text: string };
  readonly caFile: string | null;
  readonly identity: {
    readonly claim: string;
    readonly matches: 'signInName' | 'staffCode';
    readonly domain: string | null;
  };
}

/** Whether a URL may be asked: https, or http on the loopback where that is allowed. */
export function isProviderUrl(url: string, allowHttpOnLoopback: boolean): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return true;
  return allowHttpOnLoopback && protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

/** Throws by `refuse` what would put the sign-in at risk. */
export function oidcOf(
  settings: Settings,
  reader: {
    absolute(path: Path, value: string): string;
    refuse(fault: Fault): never;
    /** Whether a setting comes from the environment. */
    overridden(path: Path): boolean;
  },
): OidcConfig {
  const { clientSecretFile, clientSecret, caFile, identity, ...rest } = settings;
  const refuse = (key: string, message: string, remedy: string): never =>
    reader.refuse({ path: ['oidc', key], message: `oidc.${key}${message}`, remedy });
  if (!isProviderUrl(settings.issuer, settings.allowHttpOnLoopback)) {
    refuse(
      'issuer',
      ` is ${settings.issuer}: whoever is on the way could sign in as anybody.`,
      'Write an https:// address; plain http is for the loopback, with oidc.allowHttpOnLoopback.',
    );
  }
  if (clientSecret !== undefined && !reader.overridden(['oidc', 'clientSecret'])) {
    refuse(
      'clientSecret',
      ' stands in the configuration file.',
      'Put it in a file of its own and name it in oidc.clientSecretFile, or set GATEWARDEN_OIDC_CLIENT_SECRET.',
    );
  }
  if ((clientSecret === undefined) === (clientSecretFile === undefined)) {
    refuse(
      'clientSecretFile',
      clientSecret === undefined ? ' is missing.' : ' is set beside GATEWARDEN_OIDC_CLIENT_SECRET.',
      'Name a file with the secret that the provider gave, or set GATEWARDEN_OIDC_CLIENT_SECRET; one of the two.',
    );
  }
  const { amr, acr, acrs } = settings.secondFactor;
  const generic = ['pwd', 'password'].find((method) => amr.includes(method));
  if (generic !== undefined) {
    reader.refuse({
      path: ['oidc', 'secondFactor', 'amr'],
      message: `oidc.secondFactor.amr names "${generic}": a password is no second factor.`,
      remedy: 'Name what the provider writes for two factors, mfa as a rule.',
    });
  }
  return {
    ...rest,
    secondFactor: { amr: [...amr], acr: [...acr], acrs: [...acrs] },
    secret:
      clientSecretFile === undefined
        ? { text: clientSecret ?? '' }
        : { file: reader.absolute(['oidc', 'clientSecretFile'], clientSecretFile) },
    caFile: caFile === undefined ? null : reader.absolute(['oidc', 'caFile'], caFile),
    identity: {
      claim: identity.claim,
      matches: identity.matches,
      domain: identity.domain?.toLowerCase() ?? null,
    },
  };
}
