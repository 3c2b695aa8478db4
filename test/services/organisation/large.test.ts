import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { encodeBase32 } from '../../../src/core/otp.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { cheapPhc, countOf, createHarness } from './harness.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function liveBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function* largeOrganisation(accounts: number, phc: string): Generator<object> {
  yield { kind: 'organisation', name: 'Lớn', timeZone: 'Asia/Ho_Chi_Minh' };
  yield { kind: 'unit', code: 'A', name: 'Trung tâm', parent: null };
  yield {
    kind: 'assignment',
    number: '1/QĐ',
    date: '01/01/2026',
    signatory: 'x',
    purpose: 'y',
    dataScope: 'z',
    unit: 'A',
    validFrom: '01/01/2026',
  };
  for (let index = 0; index < accounts; index += 1) {
    const seed = encodeBase32(createHash('sha1').update(String(index)).digest());
    yield {
      kind: 'person',
      staffCode: `S${index}`,
      fullName: `Nguyễn Văn ${index}`,
      unit: 'A',
      personKind: 'worker',
      employment: [{ kind: 'hired', from: '01/09/2015' }],
    };
    yield {
      kind: 'workstation',
      assetTag: `M${index}`,
      workstationKind: 'personal',
      unit: 'A',
      identifiers: [{ type: 'hostname', value: `pc-${index}` }],
    };
    yield {
      kind: 'account',
      userName: `user${index}`,
      staffCode: `S${index}`,
      validFrom: '01/01/2026',
      validUntil: '31/12/2026',
      password: { phc },
      authenticators: [{ kind: 'app', seed }],
      assignments: ['1/QĐ'],
      workstations: [`M${index}`],
    };
  }
}

describeOnEachStore('importing very many accounts', (open, _createDatabase, dialect) => {
  const accounts = dialect === 'sqlite' ? 20_000 : 5_000;
  const between = accounts / 4;

  it('streams them: what it holds in memory does not grow with them', { timeout: 600_000 }, async () => {
    const { store, write, run } = await createHarness(await open());
    const lines = [...largeOrganisation(accounts, await cheapPhc('không ai biết'))].map((entry) =>
      JSON.stringify(entry),
    );
    const file = write(lines.join('\n'), 'jsonl');
    lines.length = 0;

    const samples = new Map<string, number[]>();
    let seen = 0;
    const begin = performance.now();
    const report = await run(file, {
      progress(phase, done) {
        if (done < seen) seen = 0;
        if (done - seen < between) return;
        seen = done;
        samples.set(phase, [...(samples.get(phase) ?? []), liveBytes()]);
      },
    });
    const seconds = (performance.now() - begin) / 1000;
    expect(report.counts.account.create).toBe(accounts);
    for (const phase of ['reading', 'checking', 'applying']) {
      const sizes = samples.get(phase) ?? [];
      const third = Math.floor(sizes.length / 3);
      expect(third).toBeGreaterThan(2);
      // Entries that are held would make it grow by twice as much, some 600 octets each. The least of several: now and again one
      // finds what is about to go.
      const growth = Math.min(...sizes.slice(-third)) - Math.min(...sizes.slice(0, third));
      expect(growth).toBeLessThan(3_000_000);
    }
    expect(await countOf(store, 'accountWorkstations')).toBe(accounts);
    process.stdout.write(
      `imported ${accounts} accounts with people and workstations in ${seconds.toFixed(1)} s\n`,
    );
  });
});
