// The load generator, a process of its own: takes one LoadJob as its argument, reports over its IPC channel.
//
// Every reply is verified: Response Authenticator, Message-Authenticator right and, of the broker, first; code. No code is used twice.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { verifyResponse } from '../../src/wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../../src/wire/radius/message-authenticator.ts';
import { codes, first, parsePacket } from '../../src/wire/radius/packet.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { createHistogram } from './histogram.ts';
import type { GeneratorNotice, LoadJob, LoadResult } from './load-job.ts';
import { type PreparedRequests, placeOf, prepareRequests, socketCount, stepMs } from './requests.ts';

const job = JSON.parse(process.argv[2] ?? '{}') as LoadJob;
const secret = createSecret(Buffer.from(job.secret));
const firstAttributeAt = 20;
const messageAuthenticatorType = 80;
const stateType = 24;
const receiveBufferBytes = 4 * 1024 * 1024;
const places = socketCount * 256;
const scanEveryMs = 20;
const marginMs = 500;

/** One login on its way. */
interface Flight {
  readonly index: number;
  /** What latency counts from. */
  readonly since: number;
  readonly isMeasured: boolean;
  readonly deadline: number;
  /** Of the request last sent. */
  authenticator: Buffer;
}

function notify(notice: GeneratorNotice): void {
  process.send?.(notice);
}

async function openSockets(onReply: (socket: number, reply: Buffer) => void): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let index = 0; index < socketCount; index += 1) {
    const socket = createSocket({ type: 'udp4', recvBufferSize: receiveBufferBytes });
    socket.on('message', (reply) => onReply(index, reply));
    // A server that is down is seen by what it does not answer.
    socket.on('error', () => {});
    socket.connect(job.port, '127.0.0.1');
    await once(socket, 'connect');
    sockets.push(socket);
  }
  return sockets;
}

/** The time step to draw codes from, and the instant to begin at. */
function schedule(): { step: number; beginAt: number } {
  const runMs = (job.warmUpSeconds + job.seconds) * 1000 + marginMs;
  // Making a request ready takes some twenty microseconds.
  const readyAt = Date.now() + 200 + job.prepared * 0.03;
  const step = Math.floor(readyAt / stepMs);
  const fits = !job.withinStep || readyAt + runMs < (step + 1) * stepMs;
  return fits ? { step, beginAt: readyAt } : { step: step + 1, beginAt: (step + 1) * stepMs + 20 };
}

/** As a gateway judges it; null: not the reply to this request. */
function judge(reply: Buffer, authenticator: Buffer): number | null {
  if (!verifyResponse(reply, authenticator, secret)) return null;
  if (job.signedFirst && reply[firstAttributeAt] !== messageAuthenticatorType) return null;
  const packet = parsePacket(reply);
  return checkMessageAuthenticator(packet, secret, authenticator) === 'valid' ? packet.code : null;
}

async function run(requests: PreparedRequests): Promise<LoadResult> {
  const latency = createHistogram();
  const flights = new Array<Flight | null>(places).fill(null);
  let [sent, accepted, rejected, timedOut, bad, waits, acceptedInTime, outstanding] = [
    0, 0, 0, 0, 0, 0, 0, 0,
  ];
  let next = 0;
  let lastAcceptAt = 0;
  const sockets = await openSockets(receive);

  const beganAt = performance.now();
  const measureFrom = beganAt + job.warmUpSeconds * 1000;
  const endAt = measureFrom + job.seconds * 1000;

  /** False when no code is left. */
  function sendOne(since: number, now: number): boolean {
    let index = next;
    // A login that has been waiting for long still holds its identifier: the request made for it is left out.
    while (index < requests.count && flights[index % places] !== null) index += 1;
    next = index + 1;
    if (index >= requests.count) {
      next = index;
      waits += 1;
      return false;
    }
    const packet = requests.packet(index);
    const isMeasured = since >= measureFrom;
    const deadline = now + job.timeoutMs;
    flights[index % places] = { index, since, isMeasured, deadline, authenticator: packet.subarray(4, 20) };
    sockets[index % socketCount]?.send(packet);
    sent += 1;
    outstanding += 1;
    return true;
  }

  function end(flight: Flight, now: number): void {
    flights[flight.index % places] = null;
    outstanding -= 1;
    if (flight.isMeasured) latency.add(now - flight.since);
    if (job.load.kind === 'closed' && now < endAt) sendOne(now, now);
  }

  function receive(socket: number, reply: Buffer): void {
    const now = performance.now();
    const flight = flights[(reply[1] ?? 0) * socketCount + socket] ?? null;
    const code = flight === null ? null : judge(reply, flight.authenticator);
    if (flight === null || code === null) {
      bad += 1;
      return;
    }
    const state = code === codes.AccessChallenge ? first(parsePacket(reply), stateType) : undefined;
    if (state !== undefined) {
      const { identifier } = placeOf(flight.index);
      const answer = requests.answer(flight.index, state.value, identifier);
      flight.authenticator = answer.subarray(4, 20);
      sockets[socket]?.send(answer);
      return;
    }
    if (code === codes.AccessAccept) {
      accepted += 1;
      lastAcceptAt = now;
      if (now >= measureFrom && now < endAt) acceptedInTime += 1;
    } else rejected += 1;
    end(flight, now);
  }

  function giveUpLate(now: number): void {
    for (const flight of flights) {
      if (flight === null || flight.deadline > now) continue;
      timedOut += 1;
      end(flight, now);
    }
  }

  notify({ kind: 'begun' });
  const cpu = process.cpuUsage();
  if (job.load.kind === 'closed') {
    for (let index = 0; index < job.load.outstanding; index += 1) sendOne(beganAt, beganAt);
  }
  const scan = setInterval(() => giveUpLate(performance.now()), scanEveryMs);
  await new Promise<void>((resolve) => {
    let scheduled = 0;
    const spin = () => {
      const now = performance.now();
      if (now >= endAt) return resolve();
      if (job.load.kind === 'open') {
        const spacing = 1000 / job.load.perSecond;
        // Not all at once after a pause: replies must be read in between.
        for (let burst = 0; burst < 64 && beganAt + scheduled * spacing <= now; burst += 1) {
          if (!sendOne(beganAt + scheduled * spacing, now)) break;
          scheduled += 1;
        }
        setImmediate(spin);
      } else setTimeout(spin, 5);
    };
    spin();
  });
  const used = process.cpuUsage(cpu);
  notify({ kind: 'measured' });
  while (outstanding > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(scan);
  for (const socket of sockets) socket.close();
  return {
    // Out of codes before the end: over the time that they lasted.
    perSecond:
      (acceptedInTime * 1000) / (waits > 0 ? Math.max(1, lastAcceptAt - measureFrom) : job.seconds * 1000),
    latency: latency.summary(),
    sent,
    accepted,
    rejected,
    timedOut,
    bad,
    waits,
    generatorCpu: (used.user + used.system) / 1e6 / (job.warmUpSeconds + job.seconds),
  };
}

const { step, beginAt } = schedule();
const requests = prepareRequests(job, secret, step);
const early = beginAt - Date.now();
if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
const result = await run(requests);
notify({ kind: 'done', result });
process.disconnect();
