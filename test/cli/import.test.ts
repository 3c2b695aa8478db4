// `gatewarden import` by itself and through the socket of a running broker.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import { decodeBase32, hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { createSampleOrganisation } from '../../src/services/sample-organisation.ts';
import { createSite, type Site } from '../site.ts';
import { type RunningServe, runHere, serve } from './gatewarden.ts';

vi.setConfig({ testTimeout: 120_000 });

let site: Site;
let broker: RunningServe | null = null;

beforeEach(() => {
  site = createSite();
});

afterEach(async () => {
  await broker?.stop('SIGKILL');
  broker = null;
  site.remove();
});

const sample = createSampleOrganisation(Date.now(), systemRandom);

function writeSample(change: object = {}): string {
  writeFileSync(
    join(site.directory, 'organisation.json'),
    JSON.stringify({ ...sample.file, ...change }, null, 1),
  );
  // Relative: the broker may run in another directory.
  return 'organisation.json';
}

describe('import', () => {
  it('says what it would do, does it, and has nothing left to do', async () => {
    const file = writeSample();
    const dry = await runHere(site, ['import', file, '--dry-run']);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('+ account nvduc');
    expect(dry.stdout).toMatch(/^account +16 +0 +0$/m);
    expect(dry.stdout).toContain('nothing was changed');
    const done = await runHere(site, ['import', file, '--json']);
    expect(JSON.parse(done.stdout)).toMatchObject({ dryRun: false, counts: { account: { create: 16 } } });
    const again = await runHere(site, ['import', file]);
    expect(again.stdout).toMatch(/^account +0 +0 +16$/m);
    for (const { stdout, stderr } of [dry, done, again]) {
      for (const { password, seed } of sample.logins) {
        expect(stdout + stderr).not.toContain(password ?? sample.radiusSecret);
        expect(stdout + stderr).not.toContain(seed ?? sample.radiusSecret);
      }
    }
  });

  it('ends with 2 and all faults of a file that is refused', async () => {
    const file = writeSample({ policies: [{ scope: { unit: 'X' } }, { scope: { gateway: 'Y' } }] });
    const { code, stdout, stderr } = await runHere(site, ['import', file]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('2 faults; nothing was imported.');
    expect(stderr).toMatch(/organisation\.json:\d+: policy: scope\.unit: there is no unit "X"/);
    expect(stderr).toContain('Correct the file and import it again.');
  });

  it('works while the broker runs, and is in force at once', async () => {
    broker = await serve(site);
    const imported = await runHere(site, ['import', writeSample()]);
    expect(imported.stderr).toBe('');
    expect(imported.stdout).toMatch(/^gateway +5 +0 +0$/m);
    const login = sample.logins[0];
    if (login?.seed == null || login.password === null) throw new Error('the first login is a valid one');
    const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
    const code = hotp(seedKey(decodeBase32(login.seed)), timeStepAt(Date.now(), 30), parameters);
    const secretFile = join(site.directory, 'sample.secret');
    writeFileSync(secretFile, `${sample.radiusSecret}\n`, { mode: 0o600 });
    const { stdout } = await runHere(
      site,
      [
        ...['probe', '--server', broker.radius, '--secret-file', secretFile, '--password-stdin'],
        ...['--user', `${login.userName}@coquanmau.example`, '--code-stdin'],
        ...['--attribute', `NAS-Identifier=${login.gateway}`],
        ...[
          '--attribute',
          `Calling-Station-Id=${login.workstation.mac}`,
          '--timeout',
          '10000',
          '--retries',
          '0',
        ],
      ],
      `${login.password}\n${code}\n`,
    );
    expect(stdout).toMatch(/^Access-Accept/);
    expect(broker.output()).not.toContain(login.password);
  });
});
