// Access-Requests made ready before a run, so that the generator has nothing left to compute but the checks of replies.
import { randomFillSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hotp, seedKey } from '../../src/core/otp.ts';
import type { EncodedAttribute } from '../../src/wire/radius/attribute.ts';
import { codes } from '../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import type { Secret } from '../../src/wire/radius/secret.ts';
import { hideUserPassword } from '../../src/wire/radius/user-password.ts';
import type { LoadJob } from './load-job.ts';
import { openUsers, seedOf, type User } from './users.ts';

/** Of each of them 256 identifiers are used in turn. */
export const socketCount = 16;
const identifiers = 256;
const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
export const stepMs = 30_000;

const type = {
  userName: 1,
  userPassword: 2,
  nasIpAddress: 4,
  state: 24,
  callingStationId: 31,
  nasIdentifier: 32,
  nasPortType: 61,
} as const;

export interface PreparedRequests {
  readonly count: number;
  packet(index: number): Buffer;
  /** Second round of a challenge: the code, with the State that was given. */
  answer(index: number, state: Buffer, identifier: number): Buffer;
}

/** Where a request leaves from and by which identifier its reply is known; the same place comes round after 4096 others. */
export function placeOf(index: number): { socket: number; identifier: number } {
  return { socket: index % socketCount, identifier: Math.floor(index / socketCount) % identifiers };
}

/** The last step used of each account, and where the next run goes on. */
interface Usage {
  readonly last: Uint32Array;
  next: number;
}

function readUsage(file: string, count: number): Usage {
  const fresh = { last: new Uint32Array(count), next: 0 };
  if (!existsSync(file)) return fresh;
  const octets = readFileSync(file);
  const words = new Uint32Array(octets.buffer, octets.byteOffset, octets.length / 4);
  return words.length === count + 1 ? { last: words.slice(0, count), next: words[count] ?? 0 } : fresh;
}

function writeUsage(file: string, { last, next }: Usage): void {
  const words = new Uint32Array(last.length + 1);
  words.set(last);
  words[last.length] = next;
  writeFileSync(file, words);
}

/** A step that visits all of `count` places before any again, far from the last one each time. */
function strideOf(count: number): number {
  const divides = (a: number, b: number): number => (b === 0 ? a : divides(b, a % b));
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (divides(stride, count) !== 1) stride += 1;
  return stride;
}

function typedFirst(style: LoadJob['style'], user: User, code: string): string {
  if (style === 'code-only') return code;
  return style === 'appended' ? user.password + code : user.password;
}

/**
 * Makes requests of accounts that have an unused code at `step`, and marks those codes as used. Fewer than asked for when
 * the accounts run out.
 */
export function prepareRequests(job: LoadJob, secret: Secret, step: number): PreparedRequests {
  const users = openUsers(job.usersFile);
  const usage = readUsage(job.stateFile, users.count);
  const stride = job.inOrder ? 1 : strideOf(users.count);
  const chosen: number[] = [];
  for (let looked = 0; looked < users.count && chosen.length < job.prepared; looked += 1) {
    const account = (usage.next * stride) % users.count;
    usage.next = (usage.next + 1) % users.count;
    if ((usage.last[account] ?? 0) >= step) continue;
    usage.last[account] = step;
    chosen.push(account);
  }
  writeUsage(job.stateFile, usage);

  const fixed: EncodedAttribute[] = [
    { type: type.nasIpAddress, value: Buffer.from([127, 0, 0, 1]) },
    { type: type.nasPortType, value: Buffer.from([0, 0, 0, 5]) },
    { type: type.nasIdentifier, value: Buffer.from(job.nasIdentifier) },
  ];
  function encode(user: User, typed: string, identifier: number, more: readonly EncodedAttribute[]): Buffer {
    const authenticator = randomFillSync(Buffer.allocUnsafe(16));
    const hidden = hideUserPassword(Buffer.from(typed), authenticator, secret);
    const attributes = [
      { type: type.userName, value: Buffer.from(user.userName) },
      { type: type.userPassword, value: hidden },
      ...fixed,
      { type: type.callingStationId, value: Buffer.from(user.workstation) },
      ...more,
    ];
    const messageAuthenticator = true;
    return encodeRequest({
      code: codes.AccessRequest,
      identifier,
      authenticator,
      attributes,
      secret,
      messageAuthenticator,
    });
  }

  const answers: string[] = [];
  const packets = chosen.map((account, index) => {
    const user = users.at(account);
    const code = hotp(seedKey(seedOf(user)), step, parameters);
    if (job.style === 'challenge') answers.push(code);
    return encode(user, typedFirst(job.style, user, code), placeOf(index).identifier, []);
  });
  return {
    count: packets.length,
    packet: (index) => packets[index] ?? Buffer.alloc(0),
    answer: (index, state, identifier) =>
      encode(users.at(chosen[index] ?? 0), answers[index] ?? '', identifier, [
        { type: type.state, value: state },
      ]),
  };
}
