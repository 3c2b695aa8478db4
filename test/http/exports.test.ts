// Files that are given away: each one is known here, and what a spreadsheet opens holds no formula, whoever wrote the texts in it.
import { setImmediate as turn } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { readSheet } from 'read-excel-file/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseCsv } from '../../src/services/lifecycle/file/csv.ts';
import { writeWorkbook } from '../../src/services/lifecycle/file/xlsx.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import { createActs, monday } from '../services/acts.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

/** Every download of the console. One that a spreadsheet opens has its own test below. */
const downloads: Readonly<Record<string, 'spreadsheet' | 'paper' | 'log'>> = {
  'GET /api/v1/rollout/missing': 'spreadsheet',
  'GET /api/v1/lifecycle/imports/:run/rejected': 'spreadsheet',
  'GET /api/v1/slips/hand-over-list': 'paper',
  'POST /api/v1/slips': 'paper',
  'POST /api/v1/accounts/:id/slip': 'paper',
  'POST /api/v1/audit/export': 'log',
};

/** With each beginning that makes a formula (OWASP, CSV Injection). */
const formulas = ['=', '+', '-', '@', '\t=', '\r=', '\uff1d', '\uff0b', '\uff0d', '\uff20'].map(
  (beginning) => `${beginning}HYPERLINK("https://evil.example.org","xem")`,
);
const isFormula = (cell: string) => /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell);

describeOnEachStore('a file that is given away', (open) => {
  let site: ConsoleSite;
  let admin: Browser;
  beforeAll(async () => {
    const clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { deps } = createActs(site.world, clock);
    await addSource(deps as never, { name: 'hr', kind: 'file' });
    admin = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
  });
  afterAll(() => site.close());

  it('is one of these: a new one is looked at first', () => {
    const found = site.server.declaredRoutes
      .filter(({ method, url }) => method !== 'HEAD' && url.startsWith('/api/v1/'))
      .filter(({ schema }) => !Object.keys(schema?.response ?? {}).some((status) => /^[23]/.test(status)))
      .map(({ method, url }) => `${method} ${url}`);
    expect(found.sort()).toEqual(Object.keys(downloads).sort());
  });

  const cellsOf = (csv: string) => {
    const { heading, rows } = parseCsv(csv.replace(/^\ufeff/, ''));
    return [heading, ...rows].flatMap(({ fields }) => fields);
  };

  it('holds no formula: who has not logged in yet', async () => {
    for (const text of formulas) {
      const { personId } = await site.world.addAccount();
      await site.world.store.write(async (db) => {
        const { people } = db.tables;
        await db.update(people).set({ fullName: text, position: text }).where(eq(people.id, personId));
      });
    }
    const cells = cellsOf((await admin.send('GET', '/api/v1/rollout/missing')).body);
    expect(cells.filter((cell) => cell.includes('HYPERLINK'))).toHaveLength(2 * formulas.length);
    expect(cells.filter(isFormula)).toEqual([]);
  });

  const heading = ['Mã CCVC', 'Biến động', 'Từ ngày', 'Ghi chú'];
  const rows = formulas.map((text) => [text, text, text, text]);

  async function rejectedOf(file: Buffer): Promise<Buffer> {
    const answer = await admin.send('POST', '/api/v1/lifecycle/imports?source=hr&dryRun=true', file, {
      'content-type': 'text/csv',
    });
    expect([answer.statusCode, answer.body]).toEqual([202, answer.body]);
    const { id } = answer.json() as { id: string };
    const at = `/api/v1/lifecycle/imports/${id}`;
    for (;;) {
      const { state, fault } = (await admin.send('GET', at)).json();
      expect(fault).toBeNull();
      if (state !== 'running') break;
      await turn();
    }
    return (await admin.send('GET', `${at}/rejected`)).rawPayload;
  }

  it('holds no formula: rejected rows of a CSV file', async () => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const csv = [heading, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
    const cells = cellsOf((await rejectedOf(Buffer.from(csv))).toString('utf8'));
    expect(cells.filter((cell) => cell.includes('HYPERLINK')).length).toBeGreaterThan(0);
    expect(cells.filter(isFormula)).toEqual([]);
  });

  it('holds no formula: rejected rows of a workbook', async () => {
    const rejected = await rejectedOf(await writeWorkbook([heading, ...rows]));
    // A cell with a formula would have no text.
    const texts = (await readSheet(rejected, 1)).flat().map(String);
    expect(texts).toEqual(expect.arrayContaining(formulas.map((text) => text.trim())));
  });
});
