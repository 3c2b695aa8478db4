// A question over HTTPS as services decide on it, and their verdict as the gateway reads it. Translates; never decides.
import type { Answer, Question } from '../../api/gateway.ts';
import { identifierKey, normaliseIdentifier } from '../../core/evidence.ts';
import type { ObservedIdentifier } from '../../core/facts.ts';
import type { LoginRequest, Verdict } from '../../services/login.ts';
import type { Gateway } from '../../services/settings/clients.ts';
import {
  type Credentials,
  readCredentials,
  splitTicketToken,
} from '../../wire/radius/profile/credentials.ts';
import type { Profile } from '../../wire/radius/profile/parse.ts';
import { denialText, promptText } from '../../wire/radius/profile/reply.ts';
import { httpFields, httpIdentifiers } from '../../wire/radius/profile/schema.ts';

export const httpMethod = 'http';

export interface Receipt {
  readonly receivedAt: number;
  readonly receivedMonotonic: number;
  /** The gateway's own. */
  readonly sourceAddress: string;
}

function credentialsOf({ credentials }: Profile, { password, code, state }: Question): Credentials {
  if (state !== undefined) return { style: 'challenge-answer', text: code ?? password ?? '', state };
  if (code === undefined) {
    return readCredentials(credentials.style, credentials.openVpnForms, password ?? '', null);
  }
  if (password === undefined && credentials.style === 'code-only') return { style: 'code', text: code };
  return { style: 'static-challenge', password: password ?? '', code };
}

export function stationOf(client: { readonly address?: string } | undefined): string {
  return normaliseIdentifier('station-id', client?.address ?? '') ?? '';
}

/** Only what the profile lets this product vouch for, at the level that it says. */
function observedOf({ http = {} }: Profile, { client, workstation }: Question): ObservedIdentifier[] {
  const told = { ...workstation, address: client?.address };
  return httpFields.flatMap((field) => {
    const [level, text] = [http[field], told[field]];
    if (level === undefined || text === undefined) return [];
    const type = httpIdentifiers[field];
    const value = normaliseIdentifier(type, text);
    return value === null ? [] : [{ key: identifierKey(type, value), level }];
  });
}

/** Log and record injection: what a client says never brings control characters along. */
const shown = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, 253);

function summaryOf({ client = {}, workstation = {}, sessionId }: Question): Record<string, string> {
  const about = { ...workstation, version: client.version, platform: client.platform };
  const info = Object.entries(about)
    .flatMap(([name, text]) => (text === undefined ? [] : [`${name}=${text}`]))
    .join(' ');
  const all = { callingStation: client.address, connectInfo: info, acctSessionId: sessionId };
  return Object.fromEntries(Object.entries(all).flatMap(([key, text]) => (text ? [[key, shown(text)]] : [])));
}

export function toLogin(question: Question, gateway: Gateway, receipt: Receipt): LoginRequest {
  const { profile, gatewayId } = gateway;
  const { userName } = question;
  const read = credentialsOf(profile, question);
  const { credentials, token } =
    profile.tickets.delivery === 'password' ? splitTicketToken(read) : { credentials: read, token: null };
  const { sourceAddress, ...received } = receipt;
  return {
    ...received,
    gatewayId,
    userName,
    credentials,
    ticketToken: token,
    station: stationOf(question.client),
    observed: observedOf(profile, question),
    refused: null,
    isHealthProbe: profile.healthProbeUsers.includes(userName),
    method: httpMethod,
    summary: { sourceAddress, method: httpMethod, ...summaryOf(question) },
  };
}

export function toAnswer({ profile }: Gateway, verdict: Exclude<Verdict, { kind: 'silent' }>): Answer {
  switch (verdict.kind) {
    case 'accept': {
      const { userName, sessionSeconds, sessionReference } = verdict;
      return { outcome: 'accept', userName, sessionSeconds, sessionReference };
    }
    case 'challenge': {
      const { answerSeconds, hideAnswer } = profile.credentials.prompt;
      return {
        outcome: 'challenge',
        state: verdict.state,
        prompt: promptText(profile, verdict.message),
        answerSeconds,
        hideAnswer,
      };
    }
    case 'reject': {
      const { lookupCode } = verdict;
      const message = lookupCode === null ? null : denialText(profile, lookupCode);
      return { outcome: 'reject', message, lookupCode };
    }
  }
}
