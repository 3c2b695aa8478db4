// Signing in by the organisation's OpenID Connect provider.
import { type Static, Type } from 'typebox';
import { closed } from './common.ts';

/** The answer of the way in: it is a redirection. */
export const redirectionSchema = Type.Null({ description: 'Location says where to go' });

export const providerAddressSchema = Type.Object({
  url: Type.String({ description: "the provider's page to open; the browser's cookie belongs to it" }),
});
export type ProviderAddress = Static<typeof providerAddressSchema>;

export const logoutTokenSchema = Type.Object(
  { logout_token: Type.String({ minLength: 1, maxLength: 16_000 }) },
  { description: 'OpenID Connect Back-Channel Logout 1.0; other parameters are not looked at' },
);

export const oidcCodeSchema = Type.Object(
  { code: Type.String({ minLength: 6, maxLength: 12, description: 'the code that the app shows' }) },
  closed,
);
