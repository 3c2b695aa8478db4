// Entries of the organisation file about the network: RADIUS clients, gateways, policies.
import { Type } from 'typebox';
import { fourEyesActs } from '../../../core/policy.ts';
import { choice, code, secret, strict, text } from './fields.ts';

export const radiusClientSchema = Type.Object(
  {
    name: code('name of the client, unique'),
    address: Type.Optional(
      text(
        'address or prefix that its packets come from: 192.0.2.10, 192.0.2.0/24, 2001:db8::/64; left out: over TLS only',
        50,
      ),
    ),
    tls: Type.Optional(
      Type.Object(
        {
          names: Type.Optional(
            Type.Array(text('dNSName or iPAddress of its certificate', 253), {
              minItems: 1,
              maxItems: 32,
              description: 'names of its certificate, under an authority of radius.tls.caFile',
            }),
          ),
          issuer: Type.Optional(
            text('SHA-256 fingerprint of the authority that must have issued it; left out: any', 110),
          ),
          pins: Type.Optional(
            Type.Array(text('SHA-256 fingerprint of a certificate, or of its public key', 110), {
              minItems: 1,
              maxItems: 32,
              description: 'certificates that are taken as they are, whoever issued them',
            }),
          ),
          radiusVersions: Type.Optional(
            Type.Array(choice(['1.0', '1.1'], 'RADIUS/TLS, or RADIUS/1.1'), {
              minItems: 1,
              maxItems: 2,
              description: 'versions that it may speak; left out: all that radius.tls.radiusVersions allows',
            }),
          ),
          takesDisconnect: Type.Optional(
            Type.Boolean({
              description:
                'whether it takes Disconnect-Requests on the connections that it has opened; left out: no',
            }),
          ),
        },
        { ...strict, description: 'which certificates are its own, for RADIUS/TLS' },
      ),
    ),
    secret: Type.Optional(secret('shared secret of its packets from address; at least 16 characters')),
    secretFile: Type.Optional(text('file that holds the shared secret', 1000)),
    requireMessageAuthenticator: Type.Optional(
      choice(['always', 'auto', 'never'], "left out: what the gateway's profile says"),
    ),
    reason: Type.Optional(text('why Message-Authenticator is never required: for "never"')),
    limitProxyState: Type.Optional(
      Type.Boolean({
        description: 'drop Proxy-State without Message-Authenticator; left out: what the profile says',
      }),
    ),
  },
  strict,
);

export const gatewaySchema = Type.Object(
  {
    name: code('name of the gateway, unique'),
    client: code('name of the RADIUS client it belongs to'),
    profile: code('profile: ocserv, openvpn-radiusplugin, cisco-asa …'),
    profileOverrides: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        description: 'parts of the profile that differ here',
      }),
    ),
    nasIdentifier: Type.Optional(text('NAS-Identifier that tells it from others of the client', 253)),
    nasIpAddress: Type.Optional(text('NAS-IP-Address that tells it from others of the client', 45)),
    coaAddress: Type.Optional(text('address for Disconnect-Requests; without it that of the client', 45)),
    coaPort: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: "port for them; without it the profile's" }),
    ),
    control: Type.Optional(
      text('how sessions are ended without Disconnect-Requests, such as occtl:unix:/run/occtl.socket', 200),
    ),
    unit: Type.Optional(code('code of the unit it stands in')),
  },
  strict,
);

const scopeDescription = 'organisation, {unit: CODE} or {gateway: NAME}';
const unitScope = { unit: code('code of the unit') };
const gatewayScope = { gateway: code('name of the gateway') };

export const policySchema = Type.Object(
  {
    scope: Type.Union(
      [Type.Literal('organisation'), Type.Object(unitScope, strict), Type.Object(gatewayScope, strict)],
      { description: scopeDescription },
    ),
    leastEvidence: Type.Optional(
      Type.Enum([0, 1, 2, 3], { description: 'least evidence level of the workstation' }),
    ),
    workstationMode: Type.Optional(choice(['observe', 'enforce'], 'record only, or deny')),
    hours: Type.Optional(
      Type.Unsafe<unknown>({
        description:
          '{windows: [{days: [1,2,3,4,5], from: "07:00", until: "19:00"}]}, days from Monday; followsCalendar: false in it: on holidays too; null: at all times',
      }),
    ),
    sessionMinutes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_080, description: 'longest session' }),
    ),
    uncutSessionMinutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 44_640,
        description:
          'longest session, in minutes, at a gateway that has not been proven to end sessions when told to',
      }),
    ),
    longestTermDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3660,
        description: 'longest term of use that may be set; of the organisation or a unit',
      }),
    ),
    usualTermDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3660,
        description: 'a term that ends later than so many days from now is beyond the usual one',
      }),
    ),
    fourEyes: Type.Optional(
      Type.Array(choice([...fourEyesActs], 'an act'), {
        maxItems: 3,
        uniqueItems: true,
        description:
          'acts of operators that a second person approves; an extension only beyond the usual term',
      }),
    ),
    sessionLimit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, description: 'sessions at once; 0: no limit' }),
    ),
    onSessionLimit: Type.Optional(
      choice(['refuse', 'end-older-of-workstation'], 'what happens at the limit'),
    ),
    codeWindow: Type.Optional(
      Type.Object(
        {
          back: Type.Integer({ minimum: 0, maximum: 2, description: 'time steps accepted late' }),
          ahead: Type.Integer({ minimum: 0, maximum: 2, description: 'time steps accepted early' }),
        },
        strict,
      ),
    ),
    gatewayUnits: Type.Optional(
      Type.Union([Type.Array(code('code of a unit'), { maxItems: 1000 }), Type.Null()], {
        description: 'units whose members may use the gateway; null: all',
      }),
    ),
    firstFactor: Type.Optional(
      code('who checks the password: own, or an upstream of the configuration (upstreams)'),
    ),
    lockout: Type.Optional(
      Type.Object(
        {
          codeAttempts: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 100, description: 'wrong codes before the hard stop' }),
          ),
          lockMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440, description: 'first stop' })),
          maxLockMinutes: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 10_080, description: 'longest stop' }),
          ),
          passwordAttempts: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 100, description: 'wrong passwords before waits begin' }),
          ),
          passwordDelaySeconds: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 3600, description: 'first wait' }),
          ),
          maxPasswordDelayMinutes: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1440, description: 'longest wait' }),
          ),
          forgetHours: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 720, description: 'failures are forgotten after' }),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);

const { scope: _scope, ...layerProperties } = policySchema.properties;

/** What a scope's policy says, without the scope. */
export const policyLayerSchema = Type.Object(layerProperties, strict);

/** With the scope as an object, as read.ts expands it: that of the organisation is empty. */
export const policyForm = Type.Object(
  {
    ...policySchema.properties,
    scope: Type.Object(
      { unit: Type.Optional(unitScope.unit), gateway: Type.Optional(gatewayScope.gateway) },
      { ...strict, description: scopeDescription },
    ),
  },
  strict,
);
