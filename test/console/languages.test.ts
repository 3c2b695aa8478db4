// The pages' texts: both languages complete, nothing unused, the glossary's words, official spelling, plain tone.
import { globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { feedFaults } from '../../src/services/feeds/fault.ts';

const root = resolve(import.meta.dirname, '../../src/console');
const areas = globSync('locales/vi/*.json', { cwd: root })
  .map((file) => basename(file, '.json'))
  .sort();

type Texts = ReadonlyMap<string, string>;

function read(language: string, area: string): Texts {
  const texts = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (typeof value === 'string') {
      texts.set(path, value);
      return;
    }
    if (typeof value !== 'object' || value === null)
      throw new Error(`${language}/${area}: ${path} is no text`);
    for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
  };
  walk(JSON.parse(readFileSync(join(root, 'locales', language, `${area}.json`), 'utf8')), '');
  return texts;
}

const texts = Object.fromEntries(
  areas.map((area) => [area, { vi: read('vi', area), en: read('en', area) }]),
) as Record<string, { vi: Texts; en: Texts }>;
const allVi = Object.entries(texts).flatMap(([area, { vi }]) =>
  [...vi].map(([key, text]) => ({ at: `${area}:${key}`, key, text, en: texts[area]?.en.get(key) ?? '' })),
);

const sources = globSync('{console,portal,shared}/**/*.{ts,tsx}', { cwd: root }).map((file) => ({
  file,
  area: file.split('/')[0] ?? '',
  text: readFileSync(join(root, file), 'utf8'),
}));

/** Without the ending that counts (`_one`, `_other`). */
const bare = (key: string) => key.replace(/_(one|other|zero)$/, '');

/** Keys are dotted words in quotes, or begin a template: `state.${…}`. */
function keysIn(text: string): { exact: string[]; prefixes: string[] } {
  return {
    exact: [...text.matchAll(/'([a-zA-Z][\w-]*(?:\.[\w-]+)+)'/g)].map((match) => match[1] ?? ''),
    prefixes: [...text.matchAll(/`([a-zA-Z][\w-]*(?:\.[\w-]+)*\.)\$\{/g)].map((match) => match[1] ?? ''),
  };
}

interface Term {
  readonly key: string;
  readonly en: string;
  readonly vi: readonly string[];
}

const glossary: readonly Term[] = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../vectors/glossary.json'), 'utf8'),
);

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

describe('the language files', () => {
  it.each(areas)('have the same keys in both languages: %s', (area) => {
    const keys = (language: 'vi' | 'en') => [
      ...new Set([...(texts[area]?.[language].keys() ?? [])].map(bare)),
    ];
    expect(keys('en').sort()).toEqual(keys('vi').sort());
  });

  it('leave no text empty, and name the same values in both languages', () => {
    const wrong = allVi.filter(
      ({ text, en, key }) =>
        text.trim() === '' ||
        en.trim() === '' ||
        // An English singular may do without the number.
        (!key.endsWith('_one') && placeholders(text).join() !== placeholders(en).join()),
    );
    expect(wrong.map(({ at }) => at)).toEqual([]);
  });

  it('have every key that the pages ask for', () => {
    const missing = sources.flatMap(({ file, area, text }) => {
      const known = ['common', area === 'shared' ? 'common' : area].flatMap((name) =>
        [...(texts[name]?.vi.keys() ?? [])].map(bare),
      );
      const asked = [...text.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] ?? '');
      const begun = [...text.matchAll(/\bt\(\s*`([^`$]+)\$\{/g)].map((match) => match[1] ?? '');
      return [
        ...asked.filter((key) => !known.includes(key)),
        ...begun.filter((prefix) => !known.some((key) => key.startsWith(prefix))),
      ].map((key) => `${file}: ${key}`);
    });
    expect(missing).toEqual([]);
  });

  it('have no key that no page asks for', () => {
    const used = sources.map(({ text, area }) => ({ area, ...keysIn(text) }));
    const unused = areas.flatMap((area) => {
      const readers = used.filter((source) => area === 'common' || source.area === area);
      return [...(texts[area]?.vi.keys() ?? [])]
        .map((key) => [key, bare(key)] as const)
        .filter(
          ([, key]) =>
            !readers.some(
              ({ exact, prefixes }) =>
                exact.includes(key) || prefixes.some((prefix) => key.startsWith(prefix)),
            ) && !readers.some(({ exact }) => exact.includes(key)),
        )
        .map(([key]) => `${area}:${key}`);
    });
    expect(unused).toEqual([]);
  });
});

describe('the words', () => {
  it('are those of the glossary wherever a key names a term', () => {
    const wrong = allVi
      .filter(({ key }) => key.startsWith('term.'))
      .filter(({ key, text }) => {
        const term = glossary.find((entry) => entry.key === key.slice('term.'.length));
        return term === undefined || !term.vi.some((vi) => vi.toLowerCase() === text.toLowerCase());
      });
    expect(wrong.map(({ at, text }) => `${at}: ${text}`)).toEqual([]);
  });

  it.each([
    ['suspend(?!ed from work)', 'tạm khóa'],
    ['withdr[ae]w', 'thu hồi'],
    ['workstation', 'máy'],
    ['lookup code', 'mã tra cứu'],
    ['activation slip', 'phiếu kích hoạt'],
    ['activation code', 'mã kích hoạt'],
    ['recovery code', 'mã khôi phục'],
    ['one-time code', 'mã xác thực'],
    ['authenticator app', 'ứng dụng xác thực'],
    ['staff code', 'mã CCVC'],
    ['user name', 'tên đăng nhập'],
    ['asset tag', 'mã tài sản'],
    ['document number', 'số, ký hiệu'],
    ['gateway', 'cổng'],
    ['audit log', 'nhật ký'],
    ['delegation', 'ủy quyền'],
    ['unit administrator', 'cán bộ quản trị của đơn vị'],
    ['head of unit', 'Thủ trưởng đơn vị'],
    ['held back', 'tạm giữ'],
    ['undo', 'hoàn tác'],
    ['dry run', 'chạy thử'],
    ['operator', 'cán bộ vận hành'],
    ['live session', 'phiên đang kết nối'],
    ['shared secret', 'khóa dùng chung'],
  ])('say one thing in one way: %s is %s', (english, vietnamese) => {
    const wrong = allVi.filter(
      ({ text, en }) =>
        new RegExp(`\\b${english}`, 'i').test(en) && !text.toLowerCase().includes(vietnamese.toLowerCase()),
    );
    expect(wrong.map(({ at, text }) => `${at}: ${text}`)).toEqual([]);
  });

  it.each([
    ['the old place of the tone mark (hoà, khoá)', /o[àáảãạèéẻẽẹ](?!\p{L})/u],
    ['the old place of the tone mark (uỷ)', /(?<![qQ])u[ỳýỷỹỵ](?!\p{L})/u],
    ['i for y (kĩ thuật, quản lí, kí)', /(?<!\p{L})(kĩ|lí|kí|qui)(?!\p{L})/iu],
    ['"bạn"', /(?<!\p{L})bạn(?!\p{L})/iu],
    ['an exclamation mark', /!/],
    ['"Lỗi" where a reason is due', /^Lỗi(?!\p{L})/u],
    ['"yêu cầu", which is kept for orders from above', /yêu cầu/i],
    ['letters that are not composed', /[\u0300-\u036f]/u],
    ['an emoji', /\p{Extended_Pictographic}/u],
  ])('do not have %s', (_what, pattern) => {
    expect(allVi.filter(({ text }) => pattern.test(text)).map(({ at, text }) => `${at}: ${text}`)).toEqual(
      [],
    );
  });

  it('ask politely at most once a text', () => {
    expect(allVi.filter(({ text }) => /vui lòng.*vui lòng/i.test(text)).map(({ at }) => at)).toEqual([]);
  });
});

describe('words of closed lists', () => {
  it.each(['vi', 'en'] as const)('are there for every fault of a source: %s', (language) => {
    const all = texts['console']?.[language];
    expect(feedFaults.filter((fault) => !all?.has(`sources.fault.${fault}`))).toEqual([]);
  });
});
