// The whole broker, threads and sockets included, on both databases.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { type App, createApp, openServices, type RunningBroker } from '../src/app.ts';
import type { Reply, Silence } from '../src/cli/radius-exchange.ts';
import type { Endpoint } from '../src/config/endpoint.ts';
import { keepLastInstant } from '../src/services/last-instant.ts';
import { openCheckpointKey } from '../src/services/secrets/checkpoint-key.ts';
import { readAudit } from '../src/store/audit/read.ts';
import { verifyAudit } from '../src/store/audit/verify.ts';
import { listGatewayDetails } from '../src/store/queries/gateway-changes.ts';
import { codes, first } from '../src/wire/radius/packet.ts';
import { createSite, createSiteOn, login, password, populate, type Site } from './site.ts';
import { createEmptyPostgresqlDatabase, describeOnEachStore } from './store/each-store.ts';

// Processes are started by the dozen, on a machine that may have other work.
vi.setConfig({ testTimeout: 120_000 });

let site: Site;
const running: App[] = [];

afterEach(async () => {
  for (const app of running.splice(0)) await app.stop();
  site.remove();
});

function stateOf(reply: Reply | Silence): Buffer {
  const state = reply.packet === null ? undefined : first(reply.packet, 24);
  if (state === undefined) throw new Error('no State');
  return state.value;
}

async function firstCheckpoint(directory: string): Promise<void> {
  for await (const { filename } of watch(directory)) if (filename?.endsWith('.jws')) return;
}

interface Started {
  readonly app: App;
  readonly broker: RunningBroker;
  readonly radius: Endpoint;
  readonly http: string;
}

async function start(node = site): Promise<Started> {
  const app = createApp(node.config, node.deps);
  running.push(app);
  const { broker } = await app.start();
  const [radius] = broker?.radiusEndpoints ?? [];
  if (broker === null || radius === undefined) throw new Error('no broker');
  return { app, broker, radius, http: `http://127.0.0.1:${broker.httpEndpoint.port}` };
}

describeOnEachStore('the broker', (_open, createDatabase, dialect) => {
  beforeEach(async () => {
    site = await createSiteOn(dialect, createDatabase);
    await populate(site);
  });

  it('lets the right account in once for each code, and says so after a restart too', async () => {
    const first = await start();
    const typed = password + site.code();
    const accept = await login(first.radius, typed);
    expect(accept.packet?.code).toBe(codes.AccessAccept);
    expect(accept).toMatchObject({ messageAuthenticator: 'valid', isMessageAuthenticatorFirst: true });
    expect((await login(first.radius, typed)).packet?.code).toBe(codes.AccessReject);
    await first.app.stop();
    const services = await openServices(site.config, site.deps);
    const [gateway] = await services.store.read(listGatewayDetails);
    await services.close();
    expect(gateway?.lastSeenAt).toBeGreaterThan(0);

    const second = await start();
    // Silence within 30 s, as if it were a retransmission that the node left unanswered when it ended; never an Accept.
    expect((await login(second.radius, typed)).packet?.code).not.toBe(codes.AccessAccept);
    expect((await login(second.radius, password + site.code(1))).packet?.code).toBe(codes.AccessAccept);
  });

  it('refuses a wrong password, a wrong code, an expired and an unknown account alike', async () => {
    const { radius } = await start();
    const code = site.code();
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
    const replies = [
      await login(radius, `wrong${code}`),
      await login(radius, password + wrong),
      await login(radius, password + code, 'het.han'),
      await login(radius, password + code, 'nobody'),
    ];
    for (const reply of replies) {
      expect(reply.packet?.code).toBe(codes.AccessReject);
      expect(reply.packet?.attributes.map(({ type }) => type)).toEqual([80, 18]);
    }
  });

  it('answers /healthz, /readyz and /metrics, with the decisions counted', async () => {
    const { radius, http } = await start();
    await login(radius, password + site.code());
    await login(radius, `${password}000000`, 'nobody');
    expect(await (await fetch(`${http}/healthz`)).json()).toEqual({ status: 'alive' });
    const ready = await fetch(`${http}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', causes: [] }]);
    const metrics = await (await fetch(`${http}/metrics`)).text();
    expect(metrics).toContain('gatewarden_decisions_total{outcome="accept",reason=');
    expect(metrics).toContain('gatewarden_decisions_total{outcome="deny",reason="account-unknown"} 1');
    expect(metrics).toContain('gatewarden_radius_verdicts_total{gateway="gw",outcome="accept"} 1');
    expect(metrics).toContain('gatewarden_store_commit_seconds_count 2');
    expect(metrics).toMatch(/gatewarden_audit_head\{chain="[0-9a-f]{32}"\} \d+/);
    expect(metrics).not.toContain('gatewarden_unready{');
    expect((await fetch(`${http}/nothing`)).status).toBe(404);
  });

  it('does not start with a key file that others can read, and leaves nothing open', async () => {
    chmodSync(site.config.keys.file, 0o644);
    await expect(createApp(site.config, site.deps).start()).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('mode 0644'),
      remedy: expect.stringContaining('chmod 600'),
    });
    chmodSync(site.config.keys.file, 0o600);
    await start();
  });

  it('is silent when its clock is earlier than the last instant known, until somebody confirms it', async () => {
    const services = await openServices(site.config, site.deps);
    await keepLastInstant(services.store, Date.now() + 3_600_000);
    await services.close();
    const { broker, http, radius } = await start();
    const ready = await fetch(`${http}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'unready', causes: ['clock-unstable'] },
    ]);
    await broker.confirmClock();
    expect((await fetch(`${http}/readyz`)).status).toBe(200);
    expect((await login(radius, password + site.code())).packet?.code).toBe(codes.AccessAccept);
  });

  it('challenges, and takes the code once', async () => {
    const { radius } = await start();
    const gateway = ['NAS-Identifier=gw-challenge'];
    const challenge = await login(radius, password, 'lan', gateway);
    expect(challenge.packet?.code).toBe(codes.AccessChallenge);
    const state = `State=0x${stateOf(challenge).toString('hex')}`;
    const accept = await login(radius, site.code(), 'lan', [...gateway, state]);
    expect(accept.packet?.code).toBe(codes.AccessAccept);
    const again = await login(radius, site.code(1), 'lan', [...gateway, state]);
    expect(again.packet?.code).toBe(codes.AccessReject);
  });

  it('writes a checkpoint, and delivers it to a directory', async () => {
    const directory = mkdtempSync(join(site.directory, 'checkpoints-'));
    const targets = JSON.stringify([{ type: 'file', directory }]);
    const node = createSite({
      ...site.env,
      GATEWARDEN_AUDIT_CHECKPOINTS_INTERVAL_SECONDS: '1',
      GATEWARDEN_AUDIT_CHECKPOINTS_TARGETS: targets,
    });
    const delivered = firstCheckpoint(directory);
    const { radius, app } = await start(node);
    await login(radius, password + site.code());
    await delivered;
    await app.stop();
    const services = await openServices(site.config, site.deps);
    const { publicKey } = await openCheckpointKey(services);
    const [file = ''] = readdirSync(directory);
    const jws = readFileSync(join(directory, file), 'utf8').trim();
    const verification = await verifyAudit(readAudit(services.store), {
      checkpoints: [jws],
      keys: [publicKey],
    });
    await services.close();
    node.remove();
    expect(verification).toMatchObject({ sound: true, first: null });
    expect(verification.checkpoints).toBeGreaterThan(0);
  });
});

describe('several brokers on one PostgreSQL', () => {
  const url = inject('postgresqlUrl');

  it.skipIf(url === null)('finish what another began, and take a code once among them', async () => {
    const database = await createEmptyPostgresqlDatabase(
      url ?? '',
      (cleanup) => onTestFinished(async () => void (await cleanup())),
      inject('postgresqlTemplate'),
    );
    const store = { GATEWARDEN_STORE_DIALECT: 'postgresql', GATEWARDEN_STORE_URL: database };
    site = createSite(store);
    await populate(site);
    const other = createSite({
      ...site.env,
      GATEWARDEN_NODE: 'other-node',
      GATEWARDEN_DATA_DIR: join(site.directory, 'other'),
      GATEWARDEN_KEYS_FILE: site.config.keys.file,
    });
    const [one, two] = [await start(), await start(other)];
    const gateway = ['NAS-Identifier=gw-challenge'];
    const challenge = await login(one.radius, password, 'lan', gateway);
    const answer = [...gateway, `State=0x${stateOf(challenge).toString('hex')}`];
    const code = site.code();
    expect((await login(two.radius, code, 'lan', answer)).packet?.code).toBe(codes.AccessAccept);
    expect((await login(one.radius, password + code, 'lan')).packet?.code).toBe(codes.AccessReject);
    other.remove();
  });
});

describe('the broker on SQLite', () => {
  beforeEach(async () => {
    site = createSite();
    await populate(site);
  });

  it('makes files for its own account alone', async () => {
    await start();
    const mode = (path: string) => statSync(path).mode & 0o777;
    expect(mode(site.config.dataDir)).toBe(0o700);
    expect(mode(site.config.keys.file)).toBe(0o600);
    expect(mode(`${site.config.dataDir}/gatewarden.sqlite`)).toBe(0o600);
  });

  it('does not start twice on one database', async () => {
    await start();
    const again = createApp(site.config, site.deps);
    await expect(again.start()).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('holds the database'),
    });
  });

  it('does not start on a database of a newer program', async () => {
    const database = new Database(`${site.config.dataDir}/gatewarden.sqlite`);
    database.exec("INSERT INTO schema_migrations VALUES (9000, '9000_later', 'x', 0)");
    database.close();
    await expect(createApp(site.config, site.deps).start()).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('newer than this program'),
    });
  });
});
