// Headings and words of personnel files in Vietnamese and English, whatever their marks, case and spaces.
import { OperatorError } from '../../../base/errors.ts';
import type { LifecycleKind } from '../../../core/lifecycle.ts';
import { nameSearchKey } from '../../../core/names.ts';

/** Headings by what they mean, without marks, case, spaces and signs. The first is printed in messages. */
const headings = {
  staffCode: [
    'maccvc',
    'macanbo',
    'manhanvien',
    'mavienchuc',
    'sohieucanbo',
    'staffcode',
    'employeeid',
    'employeecode',
  ],
  fullName: ['hovaten', 'hoten', 'hotencanbo', 'fullname', 'name'],
  kind: ['biendong', 'loaibiendong', 'biendongnhansu', 'hinhthuc', 'event', 'eventtype', 'kind'],
  detail: ['chitiet', 'lydo', 'detail', 'reason'],
  effectiveAt: [
    'ketungay',
    'tungay',
    'ngayhieuluc',
    'ngaycohieuluc',
    'effectivefrom',
    'effectivedate',
    'from',
  ],
  endsAt: ['denngay', 'denhetngay', 'ngayketthuc', 'until', 'enddate', 'plannedend'],
  keepUntil: ['giuquyendenngay', 'giuquyendenhetngay', 'giuquyenden', 'keepuntil'],
  unit: ['madonvi', 'donvi', 'donvimoi', 'madonvimoi', 'donviden', 'unit', 'unitcode', 'newunit'],
  documentNumber: [
    'soquyetdinh',
    'sokyhieuvanban',
    'sokyhieu',
    'sovanban',
    'quyetdinh',
    'documentnumber',
    'document',
  ],
  eventId: ['mabiendong', 'eventid', 'id'],
  personKind: ['loailaodong', 'doituong', 'personkind', 'employmenttype'],
  position: ['chucvu', 'chucdanh', 'position', 'title'],
  /** What an earlier load found wrong; not read. */
  fault: ['loi', 'fault', 'lydokhongnhan', 'whyitwasleftout'],
} as const;

export type Column = keyof typeof headings;
const columnNames = Object.keys(headings) as Column[];
const required: readonly Column[] = ['staffCode', 'kind', 'effectiveAt'];

/** Text without what people write differently. */
function plainKey(text: string): string {
  return nameSearchKey(text).replaceAll(/[^a-z0-9]/g, '');
}

const columnOf = new Map<string, Column>(
  columnNames.flatMap((column) => headings[column].map((heading) => [heading, column] as const)),
);

export interface Columns {
  /** Where each column stands. */
  readonly at: ReadonlyMap<Column, number>;
  /** Headings that mean nothing here. */
  readonly ignored: readonly string[];
}

/**
 * Finds the columns of a file. @param mapping headings of the file by the name of the column here, before the built-in ones
 * @throws OperatorError when a column is missing, or stands there twice
 */
export function findColumns(
  heading: readonly string[],
  mapping: Readonly<Record<string, string>> = {},
): Columns {
  const mapped = new Map<string, Column>();
  for (const [column, title] of Object.entries(mapping)) {
    if (!(columnNames as readonly string[]).includes(column)) {
      throw new OperatorError(`The mapping names a column ${column}, which there is not.`, {
        at: '--mapping',
        remedy: `The columns are ${columnNames.join(', ')}.`,
      });
    }
    if (!heading.some((text) => plainKey(text) === plainKey(title))) {
      throw new OperatorError(
        `The mapping names a heading ${JSON.stringify(title)}, which the file has not.`,
        {
          at: '--mapping',
          remedy: `The headings are ${heading.join(', ')}.`,
        },
      );
    }
    mapped.set(plainKey(title), column as Column);
  }
  const at = new Map<Column, number>();
  const ignored: string[] = [];
  const isMapped = new Set(mapped.values());
  for (const [index, title] of heading.entries()) {
    const key = plainKey(title);
    const builtIn = columnOf.get(key);
    const column = mapped.get(key) ?? (builtIn !== undefined && !isMapped.has(builtIn) ? builtIn : undefined);
    if (column === undefined) {
      if (title.trim() !== '') ignored.push(title.trim());
      continue;
    }
    if (at.has(column)) {
      throw new OperatorError(
        `Two headings mean the same (${column}): ${JSON.stringify(title)} is the second.`,
        {
          at: 'FILE',
          vi: [`Hai cột cùng nghĩa (${column}).`, 'Bỏ bớt một cột.'],
          remedy: 'Remove one of the columns, or say which is meant with --mapping.',
        },
      );
    }
    at.set(column, index);
  }
  const missing = required.filter((column) => !at.has(column));
  if (missing.length > 0) {
    throw new OperatorError(`The file has no column for ${missing.join(', ')}.`, {
      at: 'FILE',
      vi: [
        `Tệp thiếu cột: ${missing.map((column) => headings[column][0]).join(', ')}.`,
        'Thêm cột với tên đó; không cần dấu và không phân biệt chữ hoa.',
      ],
      remedy: `Call it ${missing.map((column) => headings[column][0]).join(', ')} (marks, case and spaces do not matter), or name it with --mapping.`,
    });
  }
  return { at, ignored };
}

/** Where an earlier load wrote what is wrong. */
export function findFaultColumn(heading: readonly string[]): number | undefined {
  const index = heading.findIndex((title) => columnOf.get(plainKey(title)) === 'fault');
  return index === -1 ? undefined : index;
}

type Word = readonly [LifecycleKind, string | null];

const words: Readonly<Record<string, Word>> = {
  tuyendung: ['hired', null],
  tiepnhan: ['hired', null],
  hired: ['hired', null],
  trolailamviec: ['returned', null],
  trolai: ['returned', null],
  returned: ['returned', null],
  returntowork: ['returned', null],
  nghithaisan: ['leave', 'maternity'],
  maternity: ['leave', 'maternity'],
  maternityleave: ['leave', 'maternity'],
  nghiom: ['leave', 'sick'],
  nghiomdaingay: ['leave', 'sick'],
  sick: ['leave', 'sick'],
  sickleave: ['leave', 'sick'],
  nghikhongluong: ['leave', 'unpaid'],
  unpaid: ['leave', 'unpaid'],
  unpaidleave: ['leave', 'unpaid'],
  dihoc: ['leave', 'study'],
  nghidihoc: ['leave', 'study'],
  study: ['leave', 'study'],
  studyleave: ['leave', 'study'],
  tamdinhchi: ['leave', 'stood-down'],
  tamdinhchicongtac: ['leave', 'stood-down'],
  stooddown: ['leave', 'stood-down'],
  leave: ['leave', null],
  nghidaingay: ['leave', null],
  nghihuu: ['ended', 'retired'],
  nghihuutruoctuoi: ['ended', 'retired'],
  retired: ['ended', 'retired'],
  thoiviec: ['ended', 'resigned'],
  nghiviec: ['ended', 'resigned'],
  resigned: ['ended', 'resigned'],
  buocthoiviec: ['ended', 'dismissed'],
  dismissed: ['ended', 'dismissed'],
  chuyencongtac: ['ended', 'transferred-out'],
  chuyencongtacrangoainganh: ['ended', 'transferred-out'],
  transferredout: ['ended', 'transferred-out'],
  chamduthopdong: ['ended', 'contract-ended'],
  hethopdong: ['ended', 'contract-ended'],
  contractended: ['ended', 'contract-ended'],
  tutran: ['ended', 'deceased'],
  deceased: ['ended', 'deceased'],
  ended: ['ended', null],
  dieudong: ['moved', null],
  chuyendonvi: ['moved', null],
  moved: ['moved', null],
  bietphai: ['seconded', null],
  seconded: ['seconded', null],
  hetthoihanbietphai: ['secondment-ended', null],
  hethanbietphai: ['secondment-ended', null],
  secondmentended: ['secondment-ended', null],
  thaydoinhiemvu: ['duties-changed', null],
  dutieschanged: ['duties-changed', null],
  giahan: ['extended', null],
  extended: ['extended', null],
  tamkhoa: ['suspended', null],
  tamkhoataikhoan: ['suspended', null],
  suspended: ['suspended', null],
  accountsuspended: ['suspended', null],
  mokhoa: ['reinstated', null],
  mokhoataikhoan: ['reinstated', null],
  reinstated: ['reinstated', null],
  accountreinstated: ['reinstated', null],
  bonhiemthutruongdonvi: ['head-appointed', null],
  bonhiemthutruong: ['head-appointed', null],
  headappointed: ['head-appointed', null],
  giaophutrachdonvi: ['head-acting', null],
  giaoquyenthutruong: ['head-acting', null],
  quyenthutruong: ['head-acting', null],
  headacting: ['head-acting', null],
  thoigiuchucthutruongdonvi: ['head-relieved', null],
  thoigiuchucthutruong: ['head-relieved', null],
  thoiphutrachdonvi: ['head-relieved', null],
  miennhiemthutruong: ['head-relieved', null],
  headrelieved: ['head-relieved', null],
};

/** The event that a word of either language means; null: none. */
export function findKindOfWord(text: string): Word | null {
  const key = plainKey(text);
  return Object.hasOwn(words, key) ? (words[key] ?? null) : null;
}

/** The detail that a word means, as a detail or as the name of an event. */
export function findDetailOfWord(text: string): string {
  return findKindOfWord(text)?.[1] ?? text.trim();
}

const personKinds = {
  congchuc: 'civil-servant',
  civilservant: 'civil-servant',
  vienchuc: 'public-employee',
  publicemployee: 'public-employee',
  nguoilaodong: 'worker',
  laodonghopdong: 'worker',
  worker: 'worker',
  nguoingoainganh: 'external',
  external: 'external',
} as const;

export function findPersonKind(text: string): (typeof personKinds)[keyof typeof personKinds] | null {
  const key = plainKey(text);
  return Object.hasOwn(personKinds, key) ? personKinds[key as keyof typeof personKinds] : null;
}
