// What the command line does otherwise on PostgreSQL.
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/app.ts';
import { codes } from '../../src/wire/radius/packet.ts';
import { createSite, login, password, populate, type Site } from '../site.ts';
import { createEmptyPostgresqlDatabase } from '../store/each-store.ts';
import { runHere } from './gatewarden.ts';

const url = inject('postgresqlUrl');
let site: Site;

describe.skipIf(url === null)('the command line on PostgreSQL', () => {
  beforeEach(async () => {
    const database = await createEmptyPostgresqlDatabase(
      url ?? '',
      (cleanup) => onTestFinished(async () => void (await cleanup())),
      inject('postgresqlTemplate'),
    );
    site = createSite({ GATEWARDEN_STORE_DIALECT: 'postgresql', GATEWARDEN_STORE_URL: database });
    await populate(site);
  });

  afterEach(() => site.remove());

  it("leaves backups to the database's own tools, and says how", async () => {
    for (const args of [
      ['backup', '.'],
      ['restore', 'x'],
    ]) {
      const { code, stderr } = await runHere(site, args);
      expect(stderr).toContain('pg_dump');
      expect(stderr).toContain('gatewarden restore --mark');
      expect(code).toBe(2);
    }
  });

  it('marks a store as restored: no code of before is accepted, and the record says so', async () => {
    const marked = await runHere(site, ['restore', '--mark', '--json']);
    expect(JSON.parse(marked.stdout).codeFloorAt).toBeGreaterThan(Date.now());
    const app = createApp(site.config, site.deps);
    const { broker } = await app.start();
    const [radius] = broker?.radiusEndpoints ?? [];
    if (radius === undefined) throw new Error('no socket');
    const reply = await login(radius, password + site.code());
    await app.stop();
    expect(reply.packet?.code).toBe(codes.AccessReject);
    const verified = await runHere(site, ['audit', 'verify', '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ sound: true });
  });

  it('examines the server, and finds that nothing stands by', async () => {
    const { stdout } = await runHere(site, ['doctor', '--json']);
    const findings = JSON.parse(stdout);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'database-no-synchronous-standby', state: 'warn' }),
    );
    expect(findings).toContainEqual(expect.objectContaining({ check: 'key-file', state: 'ok' }));
  });

  it('never repeats the URL, which holds the password, when the server does not answer', async () => {
    const dead = createSite({
      GATEWARDEN_STORE_DIALECT: 'postgresql',
      GATEWARDEN_STORE_URL: 'postgresql://gatewarden:hunter2@127.0.0.1:9/x',
    });
    const { code, stderr } = await runHere(dead, ['keys', 'status']);
    dead.remove();
    expect(stderr).toContain('no PostgreSQL primary answers');
    expect(stderr).not.toContain('hunter2');
    expect(code).toBe(1);
  });
});
