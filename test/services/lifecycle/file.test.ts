// Personnel files as offices write them: what is read, what is refused, and what is left out row by row.
import { readSheet } from 'read-excel-file/node';
import { describe, expect, it } from 'vitest';
import writeExcelFile from 'write-excel-file/node';
import { OperatorError } from '../../../src/base/errors.ts';
import { lifecycleDetails, lifecycleKinds } from '../../../src/core/lifecycle.ts';
import { eventFaultTexts } from '../../../src/core/lifecycle-texts.ts';
import {
  findColumns,
  findDetailOfWord,
  findKindOfWord,
} from '../../../src/services/lifecycle/file/columns.ts';
import { parseCsv } from '../../../src/services/lifecycle/file/csv.ts';
import { decodeText, looksLegacy } from '../../../src/services/lifecycle/file/decode.ts';
import { importLifecycleFile, rejectedRows } from '../../../src/services/lifecycle/file/import.ts';
import { insertUnit } from '../../../src/store/queries/units.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { dump } from '../organisation/harness.ts';
import { at, createStaff, dyingAfter } from './staff.ts';

type Staff = Awaited<ReturnType<typeof createStaff>>;

function run(
  staff: Staff,
  content: string | Buffer,
  options: { dryRun?: boolean; mapping?: Record<string, string> } = {},
) {
  return importLifecycleFile(staff.deps, {
    octets: Buffer.from(content),
    source: 'hr',
    dryRun: false,
    signal: new AbortController().signal,
    progress() {},
    ...options,
  });
}

const rejectedText = async (...given: Parameters<typeof rejectedRows>) =>
  (await rejectedRows(...given)).toString('utf8');

describe('text of a file', () => {
  const text = 'Mã CCVC;Biến động;Kể từ ngày\r\n';

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16 LE with a mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16 BE with a mark', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['UTF-16 LE', Buffer.from(text, 'utf16le')],
    ['UTF-16 BE', Buffer.from(text, 'utf16le').swap16()],
  ])('is read from %s', (_name, octets) => {
    expect(decodeText(octets)).toBe(text);
  });

  it('is refused from Windows-1258 and other octets', () => {
    expect(() => decodeText(Buffer.from('Nguy\xean V\xe3n', 'latin1'))).toThrow(OperatorError);
    expect(() => decodeText(Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00]))).toThrow('neither');
  });

  it.each(['NguyÔn V¨n §øc', 'TrÇn ThÞ µn', 'Nguyeãn Vaên Ñöùc', 'Leâ Thò Höông'])(
    '%s is an old encoding',
    (name) => {
      expect(looksLegacy(name)).toBe(true);
    },
  );

  it.each([
    'Nguyễn Văn Đức',
    'Trần Thị Ước',
    'Lê Quốc Khánh',
    'Phan Thị Bích Ngoãn',
    'Hoà Bình',
    'Khuất Duy Tiến',
    'Quế Sơn',
    'Đặng Thuỳ Dung',
    'Võ Hoàng Yến',
    'Nghỉ hưu trước tuổi',
  ])('%s is Unicode', (name) => {
    expect(looksLegacy(name)).toBe(false);
    expect(looksLegacy(name.normalize('NFD'))).toBe(false);
  });
});

describe('rows of a file', () => {
  it.each([',', ';', '\t'])('are read with %j between fields, quotes and line ends within', (separator) => {
    const file = parseCsv(`a${separator}b\r\n"x${separator}""y"""${separator}"1\n2"\n\n z ${separator}`);
    expect(file.separator).toBe(separator);
    expect(file.rows).toEqual([
      { line: 2, fields: [`x${separator}"y"`, '1\n2'] },
      { line: 5, fields: [' z ', ''] },
    ]);
  });

  it('are refused with an open quote and without a heading', () => {
    expect(() => parseCsv('a,b\n"x,y')).toThrow('line 2 is not closed');
    expect(() => parseCsv(' \n')).toThrow('empty');
  });

  it('have headings in either language, whatever marks, case and spaces', () => {
    const { at: columns, ignored } = findColumns([
      'MÃ  CCVC ',
      'Họ và tên',
      'bien dong',
      'Kể từ ngày',
      'Ghi chú',
    ]);
    expect(Object.fromEntries(columns)).toEqual({ staffCode: 0, fullName: 1, kind: 2, effectiveAt: 3 });
    expect(ignored).toEqual(['Ghi chú']);
    expect(findColumns(['Staff-Code', 'Event', 'Effective from']).at.size).toBe(3);
    expect(findColumns(['Số', 'Event', 'From', 'Mã CCVC'], { staffCode: 'số' }).at.get('staffCode')).toBe(0);
    expect(() => findColumns(['Họ tên', 'Event', 'From'])).toThrow('no column for staffCode');
    expect(() => findColumns(['Mã CCVC', 'Staff code', 'Event', 'From'])).toThrow('Two headings');
    expect(() => findColumns(['Mã CCVC', 'Event', 'From'], { staff: 'x' })).toThrow('names a column staff');
    expect(() => findColumns(['Mã CCVC', 'Event', 'From'], { unit: 'Đơn vị' })).toThrow('the file has not');
  });

  it('name every event in both languages', () => {
    for (const kind of lifecycleKinds) expect(findKindOfWord(kind)?.[0]).toBe(kind);
    for (const [kind, details] of Object.entries(lifecycleDetails)) {
      for (const detail of details) {
        expect(findKindOfWord(detail)).toEqual([kind, detail]);
        expect(findDetailOfWord(detail)).toBe(detail);
      }
    }
    expect(findKindOfWord('Nghỉ hưu trước tuổi')).toEqual(['ended', 'retired']);
    expect(findKindOfWord('NGHỈ THAI SẢN')).toEqual(['leave', 'maternity']);
    expect(findKindOfWord('constructor')).toBeNull();
  });
});

describeOnEachStore('import of a personnel file', (open) => {
  it('records what stands in it, in the order of its rows', async () => {
    const store = await open();
    const staff = await createStaff(store, 6);
    await store.write((db) =>
      insertUnit(db, {
        code: 'PTC-02',
        name: 'Phòng tài chính',
        nameSearchKey: 'phong tai chinh',
        parentId: null,
      }),
    );
    const code = (index: number) => staff.people[index]?.staffCode;
    const file = [
      'Mã CCVC;Họ và tên;Biến động;Kể từ ngày;Đến hết ngày;Mã đơn vị;Số quyết định',
      `${code(0)};;Nghỉ hưu;01/03/2026;;;12/QĐ-TCCB`,
      `${code(1)};;Nghỉ thai sản;2/3/2026;01/09/2026;;13/QĐ`,
      `${code(2)};;Điều động;01/04/2026;;PTC-02;"14/QĐ; sửa"`,
      `${code(3)};;Gia hạn;01/03/2026;31/12/2029;;15/QĐ`,
      'CB-MỚI;Đỗ Thị Mới;Tiếp nhận;01/03/2026;;PTC-02;16/QĐ',
      'CB-MỚI;;Nghỉ ốm;02/03/2026;;;17/QĐ',
    ].join('\r\n');
    const dry = await run(staff, file, { dryRun: true });
    expect(dry).toMatchObject({ rows: 6, applied: 5, scheduled: 1, held: 0, same: 0, rejected: [] });
    expect(await store.read((db) => db.select().from(db.tables.lifecycleEvents))).toEqual([]);
    const report = await run(staff, Buffer.from(`\ufeff${file}`, 'utf16le'));
    expect(report).toMatchObject({ rows: 6, applied: 5, scheduled: 1, held: 0, same: 0, rejected: [] });
    expect(await staff.accountRow(0)).toMatchObject({ status: 'withdrawn' });
    expect(await staff.accountRow(3)).toMatchObject({ validUntil: at('01/01/2030') });
    const events = await store.read((db) => db.select().from(db.tables.lifecycleEvents));
    expect(events.map(({ documentNumber }) => documentNumber)).toContain('14/QĐ; sửa');
    const before = await dump(store);
    expect(await run(staff, file)).toMatchObject({ applied: 0, scheduled: 0, same: 6 });
    expect(await dump(store)).toBe(before);
  });

  it('holds a name against that of the row before which hires', async () => {
    const store = await open();
    const staff = await createStaff(store, 0);
    await store.write((db) =>
      insertUnit(db, { code: 'PTC-02', name: 'Phòng 2', nameSearchKey: 'phong 2', parentId: null }),
    );
    const file = [
      'Mã CCVC;Họ và tên;Biến động;Kể từ ngày;Mã đơn vị',
      'CB-MỚI;Đỗ Thị Mới;Tiếp nhận;01/03/2026;PTC-02',
      'CB-MỚI;Đỗ Văn Khác;Tạm khoá;02/03/2026;',
    ].join('\r\n');
    const expected = { applied: 1, rejected: [{ line: 3, row: 1, fault: 'name-differs' }] };
    expect(await run(staff, file, { dryRun: true })).toMatchObject(expected);
    expect(await run(staff, file)).toMatchObject(expected);
  });

  it('leaves out rows with a fault, each named, and gives them back to be corrected', async () => {
    const staff = await createStaff(await open(), 3);
    const good = staff.people[0]?.staffCode;
    const other = staff.people[1]?.staffCode;
    const lines = [
      'Mã CCVC,Họ tên,Biến động,Từ ngày,Đến ngày,Đơn vị',
      `${good},Nguyễn Văn Sai,Nghỉ hưu,01/03/2026,,`,
      'CB-LẠ,,Nghỉ hưu,01/03/2026,,',
      ',Nguyễn Văn A,Nghỉ hưu,01/03/2026,,',
      `${other},,Nghỉ hưu,01/03/26,,`,
      `${other},,Nghỉ hưu,03/13/2026,,`,
      `${other},,Nghỉ hưu,29/02/2026,,`,
      `${other},,Nghỉ hưu,46082,,`,
      `${other},,Nghỉ hưu,,,`,
      `${other},,Nghỉ chơi,01/03/2026,,`,
      `${other},,Nghỉ dài ngày,01/03/2026,,`,
      `${other},,Điều động,01/03/2026,,KHÔNG-CÓ`,
      `${other},,Điều động,01/03/2026,,`,
      `${other},NguyÔn V¨n A,NghØ h­u,01/03/2026,,`,
      `${other},,Nghỉ ốm,01/03/2026,01/02/2026,`,
      `${other},,Trở lại làm việc,01/03/2026,,`,
      `${other},,Nghỉ hưu`,
      `${good},,Nghỉ hưu,01/03/2026,,`,
    ];
    const octets = Buffer.from(lines.join('\n'));
    const report = await importLifecycleFile(staff.deps, {
      octets,
      source: 'hr',
      dryRun: false,
      signal: new AbortController().signal,
      progress() {},
    });
    expect(report.rejected.map(({ line, fault }) => [line, fault])).toEqual([
      [2, 'name-differs'],
      [3, 'person-unknown'],
      [4, 'staff-code-missing'],
      [5, 'date-wrong'],
      [6, 'date-wrong'],
      [7, 'date-wrong'],
      [8, 'date-wrong'],
      [9, 'date-missing'],
      [10, 'kind-unknown'],
      [11, 'detail-missing'],
      [12, 'unit-unknown'],
      [13, 'unit-missing'],
      [14, 'legacy-encoding'],
      [15, 'end-not-after'],
      [16, 'not-on-leave'],
      [17, 'fields-missing'],
    ]);
    expect(report.applied).toBe(1);
    const back = await rejectedText(octets, report.rejected, {
      title: 'Lỗi',
      text: (fault) => eventFaultTexts[fault].vi,
    });
    const rows = back.split('\r\n');
    expect(rows[0]).toBe(`\ufeff${lines[0]},Lỗi`);
    expect(rows).toHaveLength(18);
    expect(rows[2]).toBe(`${lines[2]},"${eventFaultTexts['person-unknown'].vi}"`);
    // Corrected and loaded again, with the column still there; what is wrong again is not told twice.
    const corrected = back.replace(/01\/03\/26,/, '01/03/2026,');
    const second = await run(staff, corrected);
    expect(second.applied).toBe(1);
    expect(second.rejected).toHaveLength(15);
    const again = await rejectedText(Buffer.from(corrected), second.rejected, {
      title: 'Lỗi',
      text: () => 'x',
    });
    expect(again.split('\r\n')[0]).toBe(`\ufeff${lines[0]},Lỗi`);
  });

  it('withdraws nobody for an empty file, a cut one, or one in which somebody is missing', async () => {
    const staff = await createStaff(await open(), 3);
    const before = await dump(staff.store);
    expect(await run(staff, 'Mã CCVC,Biến động,Từ ngày\n')).toMatchObject({ rows: 0, applied: 0 });
    await expect(run(staff, '')).rejects.toThrow('empty');
    await expect(
      run(staff, `Mã CCVC,Biến động,Từ ngày\n${staff.people[0]?.staffCode},"Nghỉ h`),
    ).rejects.toThrow('not closed');
    const names = (await staff.store.read((db) => db.select().from(db.tables.people))).map(
      ({ staffCode, fullName }) => [staffCode, fullName] as const,
    );
    const rows = names.map(([staffCode, fullName]) => `${staffCode},Nghỉ hưu,01/03/2026,${fullName}`);
    const whole = ['Mã CCVC,Biến động,Từ ngày,Họ và tên', ...rows].join('\n');
    const lastName = names.at(-1)?.[1].length ?? 0;
    // In the name, between the last two fields, in the day, in the event.
    for (const cut of [2, lastName + 1, lastName + 4, lastName + 14]) {
      await expect(run(staff, whole.slice(0, -cut))).rejects.toThrow('breaks off in line 4');
    }
    expect(await dump(staff.store)).toBe(before);
  });

  it('that is killed between two writes is finished once by being loaded again', async () => {
    const store = await open();
    const staff = await createStaff(store, 120);
    const rows = staff.people.map(({ staffCode }) => `${staffCode},maternity,01/04/2026`);
    const file = Buffer.from(['Staff code,Event,From', ...rows].join('\n'));
    const dying = { ...staff, deps: { ...staff.deps, store: dyingAfter(store, 1) } };
    await expect(run(dying, file)).rejects.toThrow('killed');
    expect(await run(staff, file)).toMatchObject({ same: 50, held: 70, scheduled: 0 });
    const events = await store.read((db) => db.select().from(db.tables.lifecycleEvents));
    expect(events).toHaveLength(120);
    expect(events.filter(({ state }) => state === 'scheduled')).toHaveLength(20);
  });

  it('is a workbook as well: dates only where they are dates, and the rejected rows come back as one', async () => {
    const store = await open();
    const staff = await createStaff(store, 3);
    const code = (index: number) => staff.people[index]?.staffCode ?? '';
    const text = (value: string) => ({ value, type: String });
    const day = (value: string) => ({ value: new Date(value), type: Date, format: 'dd/mm/yyyy' });
    const octets = await writeExcelFile([
      ['Mã CCVC', 'Biến động', 'Kể từ ngày', 'Số quyết định'].map(text),
      [text(code(0)), text('nghỉ hưu'), day('2026-03-01T00:00:00Z'), text('=HYPERLINK("http://x")')],
      [text(code(1)), text('nghỉ hưu'), text('01/03/2026'), text('2/QĐ')],
      [text(code(2)), text('nghỉ hưu'), { value: 46_082, type: Number }, text('=1+1')],
    ]).toBuffer();
    const report = await run(staff, octets);
    expect(report).toMatchObject({ rows: 3, applied: 2, rejected: [{ line: 4, fault: 'date-wrong' }] });
    const events = await store.read((db) => db.select().from(db.tables.lifecycleEvents));
    expect(events.map(({ effectiveAt }) => effectiveAt)).toEqual([at('01/03/2026'), at('01/03/2026')]);
    const fault = { title: 'Lỗi', text: (one: keyof typeof eventFaultTexts) => eventFaultTexts[one].vi };
    const back = await rejectedRows(octets, report.rejected, fault);
    expect(await readSheet(back)).toEqual([
      ['Mã CCVC', 'Biến động', 'Kể từ ngày', 'Số quyết định', 'Lỗi'],
      [code(2), 'nghỉ hưu', '46082', '=1+1', eventFaultTexts['date-wrong'].vi],
    ]);
    expect(await run(staff, back)).toMatchObject({
      rows: 1,
      applied: 0,
      rejected: [{ fault: 'date-wrong' }],
    });
    expect(await run(staff, octets)).toMatchObject({ applied: 0, same: 2 });
    for (const broken of [octets.subarray(0, 600), Buffer.from('PK\u0003\u0004nothing', 'latin1')])
      await expect(run(staff, broken)).rejects.toThrow(OperatorError);
  });

  it('gives back no formula, and takes its own rejected rows again', async () => {
    const staff = await createStaff(await open(), 1);
    const code = staff.people[0]?.staffCode ?? '';
    const content = `Mã CCVC,Biến động,Kể từ ngày,Số quyết định\n${code},nghỉ hưu,1/3/26,=cmd|'/c calc'!A1\n`;
    const report = await run(staff, content);
    const back = await rejectedText(Buffer.from(content), report.rejected, {
      title: 'Lỗi',
      text: () => '@x',
    });
    expect(back).toContain(`,'=cmd|`);
    expect(back).toContain(`,'@x`);
    expect(await run(staff, back.replace('1/3/26', '01/03/2026'))).toMatchObject({ applied: 1 });
    const [event] = await staff.store.read((db) => db.select().from(db.tables.lifecycleEvents));
    expect(event?.documentNumber).toBe(`=cmd|'/c calc'!A1`);
  });

  it('of thousands of rows makes thousands of people, and a second run writes nothing', async () => {
    const store = await open();
    const staff = await createStaff(store, 1);
    const unitCode = 'TIN-1';
    await store.write((db) =>
      insertUnit(db, { code: unitCode, name: 'Tin', nameSearchKey: 'tin', parentId: null }),
    );
    const rows = Array.from(
      { length: 3_000 },
      (_, i) => `CB-${i},Nguyễn Văn ${i},Tuyển dụng,01/03/2026,${unitCode}`,
    );
    const file = Buffer.from(['Mã CCVC,Họ tên,Biến động,Từ ngày,Đơn vị', ...rows].join('\n'));
    expect(await run(staff, file)).toMatchObject({ applied: 3_000, rejected: [] });
    const before = await dump(store);
    expect(await run(staff, file)).toMatchObject({ same: 3_000 });
    expect(await dump(store)).toBe(before);
  });
});
