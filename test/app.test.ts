// The whole broker, threads and sockets included, on SQLite.
import { chmodSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type App, createApp, type RunningBroker } from '../src/app.ts';
import type { Endpoint } from '../src/config/endpoint.ts';
import { codes } from '../src/wire/radius/packet.ts';
import { createSite, login, password, populate, type Site } from './site.ts';

let site: Site;
const running: App[] = [];

beforeEach(async () => {
  site = createSite();
  await populate(site);
});

afterEach(async () => {
  for (const app of running.splice(0)) await app.stop();
  site.remove();
});

async function start(): Promise<{ app: App; broker: RunningBroker; radius: Endpoint; http: string }> {
  const app = createApp(site.config, site.deps);
  running.push(app);
  const { broker } = await app.start();
  const [radius] = broker?.radiusEndpoints ?? [];
  if (broker === null || radius === undefined) throw new Error('no broker');
  return { app, broker, radius, http: `http://127.0.0.1:${broker.httpEndpoint.port}` };
}

describe('the broker', () => {
  it('lets the right account in once for each code, and says so after a restart too', async () => {
    const first = await start();
    const typed = password + site.code();
    const accept = await login(first.radius, typed);
    expect(accept.packet?.code).toBe(codes.AccessAccept);
    expect(accept).toMatchObject({ messageAuthenticator: 'valid', isMessageAuthenticatorFirst: true });
    expect((await login(first.radius, typed)).packet?.code).toBe(codes.AccessReject);
    await first.app.stop();

    const second = await start();
    expect((await login(second.radius, typed)).packet?.code).toBe(codes.AccessReject);
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

  it('does not start on a database of a newer program', async () => {
    const database = new Database(`${site.config.dataDir}/gatewarden.sqlite`);
    database.exec("INSERT INTO schema_migrations VALUES (9000, '9000_later', 'x', 0)");
    database.close();
    await expect(createApp(site.config, site.deps).start()).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('newer than this program'),
    });
  });

  it('is silent when its clock is earlier than the last instant known, until somebody confirms it', async () => {
    const database = new Database(`${site.config.dataDir}/gatewarden.sqlite`);
    const future = Date.now() + 3_600_000;
    database
      .prepare("INSERT OR REPLACE INTO settings (key, value) VALUES ('lastInstant', ?)")
      .run(String(future));
    database.close();
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
});
