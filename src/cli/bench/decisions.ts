// Decisions per second on a store of its own: facts read, code checked, decision committed durably, as in a login by code alone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openServices } from '../../app.ts';
import { systemClock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { programVersion } from '../../base/program.ts';
import { systemRandom } from '../../base/random.ts';
import type { Config } from '../../config/load.ts';
import { encodeBase32, generateSeed, hotp, type OtpParameters, seedKey, timeStepAt } from '../../core/otp.ts';
import { dayMs } from '../../core/time-zone.ts';
import type { Administrator } from '../../services/administration.ts';
import { createAuthenticator } from '../../services/authenticate/authenticate.ts';
import { createChallenges } from '../../services/challenge.ts';
import { noFirstFactors } from '../../services/first-factor/first-factors.ts';
import type { LoginRequest } from '../../services/login.ts';
import { createPasswords } from '../../services/passwords/passwords.ts';
import { readProfiles } from '../../services/profiles.ts';
import { openKeyring } from '../../services/secrets/keyring.ts';
import { openSettings } from '../../services/settings/settings.ts';
import { startWriterThread } from '../../store/decision-writer/thread.ts';
import { claimSqliteDatabase, openStore } from '../../store/open.ts';
import { importFile } from '../sample-site.ts';

const accountCount = 256;
const parameters: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
const stepMs = parameters.periodSeconds * 1000;
const unit = 'BENCH';
const gatewayName = 'bench';

interface Account {
  readonly userName: string;
  readonly seed: Buffer;
  readonly mac: string;
}

function inventAccounts(): Account[] {
  return Array.from({ length: accountCount }, (_, index) => ({
    userName: `bench-${index}`,
    seed: generateSeed(systemRandom, parameters.algorithm),
    mac: `020000${index.toString(16).padStart(6, '0')}`,
  }));
}

function organisationOf(accounts: readonly Account[], now: number): object {
  const date = (days: number): string => new Date(now + days * dayMs).toISOString().slice(0, 10);
  const number = '1/BENCH';
  return {
    organisation: { name: 'Bench', timeZone: 'Asia/Ho_Chi_Minh' },
    units: [{ code: unit, name: 'Bench' }],
    people: accounts.map(({ userName }) => ({
      staffCode: userName,
      fullName: userName,
      unit,
      kind: 'civil-servant',
      employment: [{ kind: 'hired', from: date(-1_000) }],
    })),
    assignments: [
      {
        number,
        date: date(-100),
        signatory: 'bench',
        purpose: 'bench',
        dataScope: 'bench',
        unit,
        validFrom: date(-100),
      },
    ],
    workstations: accounts.map(({ userName, mac }) => ({
      assetTag: userName,
      name: userName,
      kind: 'personal',
      unit,
      identifiers: [{ type: 'mac', value: mac }],
    })),
    accounts: accounts.map(({ userName, seed }) => ({
      userName,
      staffCode: userName,
      status: 'active',
      validFrom: date(-10),
      validUntil: date(100),
      authenticators: [{ kind: 'app', ...parameters, seed: encodeBase32(seed) }],
      assignments: [number],
      workstations: [userName],
    })),
    radiusClients: [
      {
        name: gatewayName,
        address: '127.0.0.1/32',
        secret: systemRandom.bytes(24).toString('base64url'),
        requireMessageAuthenticator: 'always',
      },
    ],
    gateways: [{ name: gatewayName, client: gatewayName, profile: 'generic' }],
  };
}

function requestOf({ userName, seed, mac }: Account, gatewayId: number, step: number): LoginRequest {
  return {
    gatewayId,
    // Codes are judged at this instant: each login of an account comes a time step later.
    receivedAt: step * stepMs,
    receivedMonotonic: systemClock.monotonic(),
    userName,
    credentials: { style: 'code', text: hotp(seedKey(seed), step, parameters) },
    station: mac,
    observed: [{ key: `mac:${mac}`, level: 1 }],
    refused: null,
    isHealthProbe: false,
    method: 'pap',
    summary: { sourceAddress: '127.0.0.1' },
  };
}

/** The broker's own deciding and writing threads, without its sockets. */
async function openDecider(config: Config, file: string, log: Log) {
  const deps = { clock: systemClock, random: systemRandom, log, node: config.node };
  const lock = claimSqliteDatabase(file, deps);
  const writer = await startWriterThread({ file, node: config.node, program: programVersion }, log);
  const store = await openStore({ dialect: 'sqlite', file, writer: writer.connect() }, deps);
  const keyring = await openKeyring({ store, keyFile: config.keys.file, random: systemRandom });
  const profiles = readProfiles(config.profiles.directory);
  const findProfile = (name: string) => profiles.get(name) ?? null;
  const settings = await openSettings({ store, keyring, findProfile, log });
  const { authenticate } = createAuthenticator({
    ...deps,
    store: store.decisions,
    keyring,
    passwords: createPasswords({ ...deps, concurrency: 1, queueLength: 1 }),
    challenges: createChallenges({ ...deps, keyring }),
    settings,
    firstFactors: noFirstFactors,
    isClockStable: () => true,
    answerWithinMs: 60_000,
  });
  const [gateway] = [...settings.current().gateways.values()];
  if (gateway === undefined) throw new Error('the gateway was not imported');
  return {
    authenticate,
    gatewayId: gateway.gatewayId,
    async close() {
      await store.close();
      await writer.stop();
      lock.release();
    },
  };
}

/** Makes the store that `config` names, which must be empty, and decides on it. @returns accepted logins per second */
export async function measureDecisions(
  config: Config,
  by: Administrator,
  milliseconds: number,
  log: Log,
): Promise<number> {
  if (config.store.dialect !== 'sqlite') throw new Error('decisions are measured on SQLite');
  const accounts = inventAccounts();
  const services = await openServices(config, { clock: systemClock, random: systemRandom, log });
  try {
    const file = join(config.dataDir, 'organisation.json');
    writeFileSync(file, JSON.stringify(organisationOf(accounts, systemClock.now())), { mode: 0o600 });
    await importFile(services, by, file);
  } finally {
    await services.close();
  }
  const decider = await openDecider(config, config.store.file, log);
  try {
    const firstStep = timeStepAt(systemClock.now(), parameters.periodSeconds);
    const startedAt = systemClock.monotonic();
    // The compiler needs some thousand decisions before it knows what to make fast.
    const countFrom = startedAt + milliseconds / 2;
    const endAt = countFrom + milliseconds;
    let count = 0;
    await Promise.all(
      accounts.map(async (account) => {
        for (let step = firstStep; systemClock.monotonic() < endAt; step += 1) {
          const verdict = await decider.authenticate(requestOf(account, decider.gatewayId, step));
          if (verdict.kind !== 'accept') throw new Error(`a login of the benchmark ended as ${verdict.kind}`);
          if (systemClock.monotonic() >= countFrom) count += 1;
        }
      }),
    );
    return (count * 1000) / (systemClock.monotonic() - countFrom);
  } finally {
    await decider.close();
  }
}
