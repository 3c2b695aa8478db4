// Vietnamese names: found without marks, sorted as on staff lists; the platform's collator is the second opinion.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vietnameseName } from '../../scripts/bench/names.ts';
import { givenNameKeys, nameSearchKey, nameSortKey } from '../../src/core/names.ts';

const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const sorted = (names: readonly string[]) =>
  [...names].sort((a, b) => compareBytes(nameSortKey(a), nameSortKey(b)));

describe('nameSearchKey', () => {
  test.each([
    ['Nguyễn Văn Đức', 'nguyen van duc'],
    ['  Trần   Thị\tB ', 'tran thi b'],
    ['ĐẶNG THUỲ TRÂM', 'dang thuy tram'],
    ['Lê Hoà', 'le hoa'],
    ['Lê Hòa', 'le hoa'],
    ['Phạm Ngọc Ưng', 'pham ngoc ung'],
    ['H’Hen Niê', "h'hen nie"],
    ['123/QĐ-TCCB', '123/qd-tccb'],
    ['İstanbul', 'istanbul'],
    ['', ''],
  ])('%j is searched as %j', (name, key) => {
    expect(nameSearchKey(name)).toBe(key);
    expect(nameSearchKey(name.normalize('NFD'))).toBe(key);
  });

  test('of a key is the key, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const key = nameSearchKey(text);
        expect(nameSearchKey(key)).toBe(key);
        expect(key).toBe(key.trim());
      }),
    );
  });
});

describe('nameSortKey', () => {
  test('sorts by given name first, then by family and middle names', () => {
    const list = [
      'Trần Thị An',
      'Bùi Văn Ánh',
      'Nguyễn Văn Ánh',
      'Lê Thị Ân',
      'Hoàng Bình',
      'Phan Dũng',
      'Đinh Dũng',
      'Lê Văn Đức',
    ];
    expect(sorted([...list].reverse())).toEqual([
      'Trần Thị An',
      'Bùi Văn Ánh',
      'Nguyễn Văn Ánh',
      'Lê Thị Ân',
      'Hoàng Bình',
      'Đinh Dũng',
      'Phan Dũng',
      'Lê Văn Đức',
    ]);
  });

  test('keeps all of one given name together: the tone of the given name weighs more than the family name', () => {
    expect(sorted(['An Hòa', 'Vũ Hoa', 'Bùi Hoa', 'Trần Hóa', 'Đỗ Hoa'])).toEqual([
      'Bùi Hoa',
      'Đỗ Hoa',
      'Vũ Hoa',
      'An Hòa',
      'Trần Hóa',
    ]);
  });

  test('orders the letters and the tones of the alphabet', () => {
    const letters = 'a ă â b c d đ e ê f g h i j k l m n o ô ơ p q r s t u ư v w x y z'.split(' ');
    expect(sorted([...letters].reverse())).toEqual(letters);
    for (const tones of ['a à ả ã á ạ', 'â ầ ẩ ẫ ấ ậ', 'ơ ờ ở ỡ ớ ợ', 'ư ừ ử ữ ứ ự', 'y ỳ ỷ ỹ ý ỵ']) {
      expect(sorted(tones.split(' ').reverse())).toEqual(tones.split(' '));
    }
  });

  test('puts a shorter name before the longer that begins with it, word by word', () => {
    expect(sorted(['Nguyễn Văn An', 'An', 'Nguyễn An', 'Nguyễn Ân', 'Nguyễn Anh'])).toEqual([
      'An',
      'Nguyễn An',
      'Nguyễn Văn An',
      'Nguyễn Anh',
      'Nguyễn Ân',
    ]);
    expect(sorted(['Lê Na An', 'Lên A An', 'Lê An'])).toEqual(['Lê An', 'Lê Na An', 'Lên A An']);
  });

  test('takes a stated given name, whether it stands last, first or not at all in the full name', () => {
    expect(nameSortKey('Lê Văn An', 'An')).toBe(nameSortKey('Lê Văn An'));
    expect(nameSortKey('Nguyễn Thị Thu Hà', 'Thu Hà')).not.toBe(nameSortKey('Nguyễn Thị Thu Hà'));
    const john = nameSortKey('John Smith', 'john');
    expect(compareBytes(john, nameSortKey('Smith John'))).toBe(0);
    expect(compareBytes(nameSortKey('Lê Văn An', 'Bình'), nameSortKey('Trần An'))).toBe(1);
    expect(nameSortKey('Lê Văn An', ' ')).toBe(nameSortKey('Lê Văn An'));
  });

  test('does not depend on case, composition or spacing', () => {
    const key = nameSortKey('Đặng Thùy Trâm');
    for (const name of ['ĐẶNG THÙY TRÂM', ' đặng  thùy\u00a0trâm ', 'Đặng Thùy Trâm'.normalize('NFD')]) {
      expect(nameSortKey(name)).toBe(key);
    }
  });

  test('is ASCII without spaces for any text, and tells different names apart by more than their length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(nameSortKey(text)).toMatch(/^[!-~]*$/);
        expect(nameSortKey(text, text)).toMatch(/^[!-~]*$/);
      }),
    );
    expect(nameSortKey('Müller')).not.toBe(nameSortKey('Muller'));
    expect(nameSortKey('Иван')).not.toBe(nameSortKey('Иваа'));
  });
});

describe('against Intl.Collator', () => {
  const collator = new Intl.Collator('vi', { sensitivity: 'accent' });
  const onset = fc.constantFrom(
    '',
    ...'b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x f j w z'.split(' '),
  );
  const vowel = fc.constantFrom(
    ...'a ă â e ê i o ô ơ u ư y oa oe uy iê yê uô ươ ia ua ưa ai ao au ay âu ây oi ôi ơi ưu'.split(' '),
  );
  const coda = fc.constantFrom('', 'c', 'ch', 'm', 'n', 'ng', 'nh', 'p', 't');
  const tone = fc.constantFrom('', '\u0300', '\u0309', '\u0303', '\u0301', '\u0323');
  const syllable = fc
    .tuple(onset, vowel, coda, tone, fc.boolean(), fc.nat(1))
    .map(([head, nucleus, tail, mark, capital, place]) => {
      const at = Math.min(nucleus.length, 1 + place);
      const text = (head + nucleus.slice(0, at) + mark + nucleus.slice(at) + tail).normalize('NFC');
      return capital ? text.charAt(0).toUpperCase() + text.slice(1) : text;
    });
  // Few different syllables, so that ties in letters and in whole words are common.
  const near = fc.constantFrom(
    'Hoa',
    'Hòa',
    'Hoà',
    'Hóa',
    'Hoạ',
    'Hoan',
    'Hoàn',
    'Hân',
    'Hằng',
    'Hắng',
    'Hang',
    'Hạng',
    'Đa',
    'Da',
    'Dạ',
  );
  const name = fc
    .array(fc.oneof(syllable, near), { minLength: 1, maxLength: 4 })
    .map((words) => words.join(' '));
  const split = (full: string) => {
    const words = full.split(' ');
    return [words.at(-1) ?? '', words.slice(0, -1).join(' ')] as const;
  };

  test('any two Vietnamese names compare as the collator compares given names, then the rest', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [givenA, restA] = split(a);
        const [givenB, restB] = split(b);
        const theirs = collator.compare(givenA, givenB) || collator.compare(restA, restB);
        expect(compareBytes(nameSortKey(a), nameSortKey(b))).toBe(Math.sign(theirs));
      }),
      { numRuns: 5000 },
    );
  });

  test('a list of 100,000 people comes out in the order of the collator', () => {
    const people = [...new Set(Array.from({ length: 100_000 }, (_, index) => vietnameseName(index)))];
    expect(people.length).toBeGreaterThan(50_000);
    const keyed = people.map((full) => ({ full, key: nameSortKey(full) }));
    keyed.sort((a, b) => compareBytes(a.key, b.key));
    const disorder = keyed.flatMap(({ full }, at) => {
      const [givenA, restA] = split(keyed[at - 1]?.full ?? full);
      const [givenB, restB] = split(full);
      const theirs = collator.compare(givenA, givenB) || collator.compare(restA, restB);
      return theirs > 0 ? [`${keyed[at - 1]?.full} before ${full}`] : [];
    });
    expect(disorder).toEqual([]);
  });

  test('a list of any Vietnamese names comes out in the same order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 30, selector: (text) => nameSortKey(text) }), (names) => {
        const theirs = [...names].sort((a, b) => {
          const [givenA, restA] = split(a);
          const [givenB, restB] = split(b);
          return collator.compare(givenA, givenB) || collator.compare(restA, restB);
        });
        expect(sorted(names)).toEqual(theirs);
      }),
    );
  });
});

describe('givenNameKeys', () => {
  const begins = (fullName: string, word: string) =>
    givenNameKeys(word).some((key) => nameSortKey(fullName).startsWith(key));

  test('begin the sort keys of those whose given name begins with the word, and of nobody else', () => {
    for (let index = 0; index < 300; index += 1) {
      const fullName = vietnameseName(index);
      const given = nameSearchKey(fullName).split(' ').at(-1) ?? '';
      for (const word of ['h', 'hu', 'hung', 'thoa', 'd', 'dao', 'uyen', given, given.slice(0, 2)]) {
        expect([fullName, word, begins(fullName, word)]).toEqual([fullName, word, given.startsWith(word)]);
      }
    }
  });

  test('are one for each way to write it, ascending; none of what no syllable is like', () => {
    expect(givenNameKeys('bn')).toHaveLength(1);
    expect(givenNameKeys('hung')).toHaveLength(2);
    expect(givenNameKeys('dao')).toHaveLength(18);
    expect(givenNameKeys('dao')).toEqual(givenNameKeys('dao').toSorted());
    expect(givenNameKeys('daoao')).toEqual([]);
    expect(givenNameKeys('')).toEqual([]);
  });
});
