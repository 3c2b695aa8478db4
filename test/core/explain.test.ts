// Explanations: whole in both languages, spelt as in official papers, and never with a hole in the sentence.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderReasonsDoc } from '../../scripts/generate-reasons-doc.ts';
import { explain, explainAccepted, explainUndecided } from '../../src/core/explain.ts';
import {
  acceptedTexts,
  actorTexts,
  detailTexts,
  reasonTexts,
  undecidedTexts,
  undecidedTitle,
} from '../../src/core/reason-texts.ts';
import { detailsOf, reasons, undecidedCauses } from '../../src/core/reasons.ts';

const languages = ['vi', 'en'] as const;
const allTexts = [reasonTexts, detailTexts, actorTexts, acceptedTexts, undecidedTexts, undecidedTitle];

/** Every text under a value, of one language. */
function textsIn(value: unknown, language: 'vi' | 'en'): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === language && typeof inner === 'string' ? [inner] : textsIn(inner, language),
  );
}

const everything = {
  date: '01/03/2026',
  time: '08:15',
  hours: 'thứ Hai đến thứ Sáu 07:00–18:00',
  required: 'E2',
  found: 'E0',
  minutes: 4,
  workstation: 'PC-KT-01',
  role: 'unit',
  asked: 'Service-Type Login-User',
  repeated: 'User-Name',
  fault: 'tên có dấu cách',
  realm: 'other.example',
  unreadable: 'User-Password',
  codeless: 'Phần cuối chuỗi đã nhập không phải mã xác thực',
};

describe.each(reasons)('%s', (reason) => {
  test.each(languages)('is explained in %s with every detail, with all values and with none', (language) => {
    for (const detail of [null, ...detailsOf(reason)]) {
      for (const parameters of [everything, {}]) {
        const { title, explanation, next } = explain(reason, detail, parameters, language);
        for (const text of [title, explanation, ...next.map((step) => step.text)]) {
          expect(text.trim()).not.toBe('');
          expect(text.replace('ACL…', '').replace('download …', '')).not.toMatch(/[{}[\]…]/);
          expect(text).not.toMatch(/ {2}| [.,;)]|\(\s*\)|undefined|null|NaN/);
        }
        expect(explanation).toMatch(/\.$/);
      }
    }
  });

  test('says who acts next, unless the client starts again by itself', () => {
    expect(reasonTexts[reason].next.length === 0).toBe(reason === 'conversation-elsewhere');
  });

  test('has a phrase for each of its details and for no other', () => {
    const phrases = Object.entries(detailTexts).find(([name]) => name === reason)?.[1] ?? {};
    expect(Object.keys(phrases)).toEqual([...detailsOf(reason)]);
    for (const detail of detailsOf(reason)) {
      const plain = explain(reason, null, {}, 'vi');
      const detailed = explain(reason, detail, {}, 'vi');
      expect(detailed.explanation).not.toBe(plain.explanation);
    }
  });
});

describe('Vietnamese texts', () => {
  const texts = allTexts.flatMap((value) => textsIn(value, 'vi'));

  test('are in NFC and put tone marks as official papers do', () => {
    expect(texts.length).toBeGreaterThan(150);
    for (const text of texts) {
      expect(text).toBe(text.normalize('NFC'));
      // hoà, toá, khoẻ, thuỷ … belong on the other vowel unless a consonant follows; quý and quả are right as they are.
      expect(text).not.toMatch(/o[àáảãạèéẻẽẹ](?![\p{L}])/iu);
      expect(text).not.toMatch(/(?<!q)u[ỳýỷỹỵ](?![\p{L}])/iu);
      expect(text).not.toMatch(/(kĩ|lí|kí|quí)(?![\p{L}])/iu);
    }
  });

  test('keep to the tone of the product', () => {
    for (const text of texts) expect(text).not.toMatch(/!|\b[Bb]ạn\b|Lỗi|yêu cầu/u);
  });
});

test('texts name only the placeholders that exist, and details only inside clauses that may be left out', () => {
  const known = [
    'date',
    'time',
    'hours',
    'required',
    'found',
    'minutes',
    'workstation',
    'role',
    'asked',
    'repeated',
    'fault',
    'realm',
    'unreadable',
    'codeless',
    'detail',
    'reason',
  ];
  for (const language of languages) {
    for (const text of allTexts.flatMap((value) => textsIn(value, language))) {
      for (const [, name = ''] of text.matchAll(/\{([^}]*)\}/g)) expect(known).toContain(name);
      expect(text.replace(/\[[^[\]]*\]/g, '')).not.toMatch(/[{}[\]]/);
    }
  }
});

describe('explain', () => {
  test('carries the wording of the help desk', () => {
    expect(explain('employment-ended', 'retired', {}, 'vi')).toEqual({
      title: 'Không còn công tác tại cơ quan',
      explanation: 'Không còn công tác tại cơ quan (nghỉ hưu). Một cảnh báo được gửi cho đơn vị.',
      next: [{ who: 'unit', text: 'xác minh ai đã đăng nhập; nếu dữ liệu nhân sự sai: hoàn tác' }],
    });
    expect(
      explain('workstation-evidence-too-weak', null, { required: 'E2', found: 'E0' }, 'vi').explanation,
    ).toBe('Chưa đủ căn cứ nhận dạng máy: cần mức E2, chỉ có E0.');
    expect(explain('session-limit', null, { workstation: 'PC-1', time: '08:15' }, 'en').explanation).toBe(
      'A session is already up (PC-1) since 08:15.',
    );
  });

  test('prints instants in the time zone of the organisation, an end at midnight as 24:00', () => {
    const midnight = Date.parse('2027-01-01T00:00+07:00');
    expect(explain('expired', null, { date: midnight }, 'vi').explanation).toBe(
      'Hết thời hạn sử dụng từ 24:00 31/12/2026.',
    );
    expect(explain('not-yet-valid', null, { date: midnight }, 'vi').explanation).toBe(
      'Chưa đến thời hạn sử dụng. Có hiệu lực từ 01/01/2027.',
    );
    expect(explain('locked-out', null, { time: midnight + 60_000 }, 'en', 'UTC').explanation).toBe(
      'Too many wrong tries; ends at 17:01 31/12/2026.',
    );
  });

  test('says by how much a clock is off, without its sign', () => {
    expect(explain('code-wrong', 'clock-skew', { minutes: -4 }, 'vi').explanation).toBe(
      'Sai mã xác thực (giờ điện thoại lệch khoảng 4 phút).',
    );
    expect(explain('code-wrong', 'clock-skew', {}, 'vi').explanation).toBe(
      'Sai mã xác thực (giờ điện thoại lệch).',
    );
  });

  test('names a role that it knows in the language of the reader', () => {
    const parameters = { date: '01/03/2026', role: 'unit' };
    expect(explain('suspended', 'case', parameters, 'vi').explanation).toBe(
      'Tài khoản đang tạm khóa (đang xác minh vụ việc) từ 01/03/2026, người thực hiện: Cán bộ quản trị của đơn vị.',
    );
  });

  test('ignores a detail of another reason and one smuggled in as a parameter', () => {
    expect(explain('expired', 'retired', {}, 'en').explanation).toBe('Term ended.');
    expect(explain('employment-ended', null, { detail: 'x' }, 'en').explanation).toBe(
      'No longer employed here. The unit is alerted.',
    );
  });

  test('does not read placeholders or clauses inside a value', () => {
    const parameters = { workstation: '{time}[$&', time: '08:15' };
    expect(explain('session-limit', null, parameters, 'en').explanation).toBe(
      'A session is already up ({time}[$&) since 08:15.',
    );
  });
});

test('an Accept under observation says what enforcement would do', () => {
  expect(explainAccepted(null, 'vi')).toBe('Cho phép');
  expect(explainAccepted('workstation-not-assigned', 'vi')).toBe(
    'Cho phép; chế độ bắt buộc sẽ từ chối vì: Không phải máy trạm được giao',
  );
});

test('what was not decided is never worded as a denial', () => {
  for (const cause of undecidedCauses) {
    expect(explainUndecided(cause, 'vi')).toMatch(/^Chưa xử lý được \(hệ thống gián đoạn\): ./);
    for (const language of languages)
      expect(explainUndecided(cause, language)).not.toMatch(/từ chối|denied/i);
  }
});

test('docs/reasons.md is up to date: run scripts/generate-reasons-doc.ts when it is not', () => {
  expect(readFileSync(new URL('../../docs/reasons.md', import.meta.url), 'utf8')).toBe(renderReasonsDoc());
});
