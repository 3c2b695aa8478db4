// A played gateway: sends the logins of the demonstration as real packets and reads what comes back.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Endpoint } from '../../config/endpoint.ts';
import { decodeBase32, hotp, type OtpParameters, seedKey, timeStepAt } from '../../core/otp.ts';
import type { SampleLogin } from '../../services/sample-organisation.ts';
import { type EncodedAttribute, joinConcat } from '../../wire/radius/attribute.ts';
import { parseAttributeText } from '../../wire/radius/dictionary.ts';
import { codeName, codes, first } from '../../wire/radius/packet.ts';
import { createSecret } from '../../wire/radius/secret.ts';
import { type Reply, type Silence, sendAccessRequest } from '../radius-exchange.ts';
import { sampleRequest } from '../sample-login.ts';

const stateType = 24;
const replyMessageType = 18;
const sessionTimeoutType = 27;
const parameters: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
/** A wrong code must not belong to another minute either: 15 minutes to each side. */
const stepsAround = 30;

/** What is typed instead of the right things, and from where. */
export interface Typing {
  readonly userName?: string;
  readonly password?: string;
  /** `wrong`: one that no minute around has; a number: that of so many minutes from now; `same`: the last one again. */
  readonly code?: 'right' | 'wrong' | 'same' | number;
  /** Attributes that take the place of those of the same name. */
  readonly attributes?: readonly string[];
}

export interface Played {
  /** Names of the packets that came back, in order. */
  readonly packets: readonly string[];
  /** Of the last packet. */
  readonly message: string;
  /** Seconds, of an Access-Accept. */
  readonly sessionSeconds: number | null;
  readonly lookupCode: string | null;
  /** Whether every packet was signed, with Message-Authenticator as its first attribute. */
  readonly isSigned: boolean;
}

const nameOf = (attribute: string): string => attribute.split('=')[0] ?? '';

function encode(attribute: string): EncodedAttribute {
  const at = attribute.indexOf('=');
  return parseAttributeText(attribute.slice(0, at), attribute.slice(at + 1));
}

/** A gateway that shares a secret with the broker at `server`. */
export function createPlayer(given: {
  readonly server: Endpoint;
  readonly secret: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}) {
  const { server, clock, random, signal } = given;
  const exchange = {
    server,
    secret: createSecret(Buffer.from(given.secret, 'utf8')),
    clock,
    random,
    timeoutMs: 5_000,
    retries: 1,
    messageAuthenticator: true,
    signal,
  };
  const lastCodes = new Map<string, string>();

  function codeAt(seed: string, minutes: number): string {
    const step = timeStepAt(clock.now() + minutes * 60_000, parameters.periodSeconds);
    return hotp(seedKey(decodeBase32(seed)), step, parameters);
  }

  function wrongCode(seed: string): string {
    const near = Array.from({ length: 2 * stepsAround + 1 }, (_, index) =>
      codeAt(seed, (index - stepsAround) / 2),
    );
    for (let number = 0; ; number += 1) {
      const candidate = String(number).padStart(parameters.digits, '0');
      if (!near.includes(candidate)) return candidate;
    }
  }

  function codeFor({ userName, seed }: SampleLogin, wanted: Typing['code'] = 'right'): string {
    if (seed === null) return '000000';
    const code =
      wanted === 'same'
        ? (lastCodes.get(userName) ?? codeAt(seed, 0))
        : wanted === 'wrong'
          ? wrongCode(seed)
          : codeAt(seed, wanted === 'right' ? 0 : wanted);
    lastCodes.set(userName, code);
    return code;
  }

  /** One login to its end, challenges answered. @throws Error when no answer comes */
  async function play(login: SampleLogin, typing: Typing = {}): Promise<Played> {
    const request = sampleRequest(login);
    const own = typing.attributes ?? [];
    const attributes = [
      ...request.attributes.filter((attribute) => !own.map(nameOf).includes(nameOf(attribute))),
      ...own,
    ].map(encode);
    const userName = typing.userName ?? login.userName;
    const password = typing.password ?? login.password ?? '';
    const packets: string[] = [];
    let isSigned = true;
    const send = async (text: string, state: EncodedAttribute | null): Promise<Reply> => {
      const answer: Reply | Silence = await sendAccessRequest(exchange, {
        userName,
        password: text,
        attributes: state === null ? attributes : [...attributes, state],
      });
      if (answer.packet === null) throw new Error(`no answer to a login of ${userName}`);
      packets.push(codeName(answer.packet.code));
      isSigned &&= answer.messageAuthenticator === 'valid' && answer.isMessageAuthenticatorFirst;
      return answer;
    };
    let reply: Reply;
    if (request.method === 'challenge') {
      reply = await send(password, null);
      const state = first(reply.packet, stateType);
      if (reply.packet.code === codes.AccessChallenge && state !== undefined) {
        reply = await send(codeFor(login, typing.code), {
          type: stateType,
          value: Buffer.from(state.value),
        });
      }
    } else {
      const code = codeFor(login, typing.code);
      reply = await send(request.method === 'code' ? code : `${password}${code}`, null);
    }
    const message = joinConcat(reply.packet, replyMessageType)?.toString('utf8') ?? '';
    const timeout = first(reply.packet, sessionTimeoutType);
    return {
      packets,
      message,
      sessionSeconds: timeout === undefined ? null : Buffer.from(timeout.value).readUInt32BE(0),
      lookupCode: /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(message)?.[0] ?? null,
      isSigned,
    };
  }

  return { play };
}

export type Player = ReturnType<typeof createPlayer>;
