// The whole configuration file: one schema per section.
import { type Static, Type } from 'typebox';
import { auditSchema } from './audit.ts';
import { directoriesSchema } from './directories.ts';
import { eapSchema } from './eap.ts';
import { foldersSchema } from './folders.ts';
import { gatewayHttpSchema } from './gateway-http.ts';
import { httpSchema } from './http.ts';
import { keysSchema } from './keys.ts';
import { logSchema } from './log.ts';
import { noticesSchema } from './notices.ts';
import { oidcSchema } from './oidc.ts';
import { passwordSchema } from './password.ts';
import { profilesSchema } from './profiles.ts';
import { radiusSchema } from './radius.ts';
import { storeSchema } from './store.ts';
import { upstreamsSchema } from './upstreams.ts';
import { consoleSchema, portalSchema } from './web.ts';

export const configSchema = Type.Object(
  {
    dataDir: Type.String({
      default: './var',
      minLength: 1,
      description: 'directory of database, key, lock and control socket, for the service alone',
    }),
    node: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
        description: 'name of this node in records; the host name by default',
      }),
    ),
    store: storeSchema,
    keys: keysSchema,
    radius: radiusSchema,
    eap: Type.Optional(eapSchema),
    http: httpSchema,
    gatewayHttp: gatewayHttpSchema,
    console: consoleSchema,
    portal: portalSchema,
    oidc: Type.Optional(oidcSchema),
    password: passwordSchema,
    upstreams: upstreamsSchema,
    audit: auditSchema,
    directories: directoriesSchema,
    folders: foldersSchema,
    notices: noticesSchema,
    log: logSchema,
    profiles: profilesSchema,
  },
  { additionalProperties: false },
);

/** The file as written, defaults filled in, before paths and endpoints are resolved. */
export type ConfigDocument = Static<typeof configSchema>;
