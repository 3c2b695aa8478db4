// User names: one spelling each, no look-alikes, nothing that a gateway or a log would trip over.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalUserName, userNameFaultTexts } from '../../src/core/user-name.ts';

const realms = ['bhxh.example', 'CORP'];
const canonical = (text: string) => canonicalUserName(text, { realms });
const named = (userName: string) => ({ ok: true, userName });
const refused = (fault: string) => ({ ok: false, fault });

test.each([
  ['nguyen.van.a', 'nguyen.van.a'],
  ['Nguyen.Van.A', 'nguyen.van.a'],
  ['nguyen_van-a7', 'nguyen_van-a7'],
  ['a@bhxh.example', 'a'],
  ['A@BHXH.Example', 'a'],
  ['corp\\a', 'a'],
  ['CORP\\A', 'a'],
  ['a@corp', 'a'],
  ['CORP\\a@bhxh.example', 'a'],
  ['a@other.example', 'a@other.example'],
  ['ｎｇｕｙｅｎ．Ａ', 'nguyen.a'],
  ['a＠bhxh.example', 'a'],
  ['7', '7'],
  ['x'.repeat(64), 'x'.repeat(64)],
  [`${'x'.repeat(64)}@bhxh.example`, 'x'.repeat(64)],
])('%j is %j', (text, userName) => {
  expect(canonical(text)).toEqual(named(userName));
});

test.each([
  ['', 'empty'],
  ['@bhxh.example', 'empty'],
  ['corp\\', 'empty'],
  ['x'.repeat(65), 'too-long'],
  ['x'.repeat(253), 'too-long'],
  ['a b', 'space'],
  [' a', 'space'],
  ['a ', 'space'],
  ['a\u00a0b', 'space'],
  ['a\u3000b', 'space'],
  ['a\0', 'control'],
  ['a\r\nb', 'control'],
  ['a\u001b[31m', 'control'],
  ['a\u0085', 'control'],
  ['a\u200bb', 'character'],
  ['a\u202eb', 'character'],
  ['nguyễn', 'character'],
  ['nguyễn'.normalize('NFD'), 'character'],
  ['\u0430dmin', 'character'],
  ['admın', 'character'],
  ['ADMİN', 'character'],
  ['\u212aim', 'character'],
  ['ſam', 'character'],
  ['ﬁn', 'character'],
  ['①', 'character'],
  ['𝐚', 'character'],
  ['\ud800', 'character'],
  ['a+b', 'character'],
  ['a/b', 'character'],
  ['../a', 'character'],
  ['.a', 'character'],
  ['-rf', 'character'],
  ['a.', 'character'],
  ['a@', 'character'],
  ['@a', 'character'],
  ['a*', 'character'],
  ["a'--", 'character'],
  ['other\\a', 'realm'],
  ['\\a', 'realm'],
  ['corp\\corp\\a', 'realm'],
  ['a@corp@corp', 'realm'],
  ['a@corp@bhxh.example', 'realm'],
  ['／a', 'character'],
  ['＼a', 'realm'],
])('%j is refused: %s', (text, fault) => {
  expect(canonical(text)).toEqual(refused(fault));
});

describe('realms', () => {
  test('may be configured with an at sign and in any case; an empty one removes nothing', () => {
    expect(canonicalUserName('a@x.vn', { realms: ['@X.VN'] })).toEqual(named('a'));
    expect(canonicalUserName('a@', { realms: [''] })).toEqual(refused('character'));
    expect(canonicalUserName('\\a', { realms: ['', '@'] })).toEqual(refused('realm'));
  });

  test('are removed whole: a realm that ends alike is another realm', () => {
    expect(canonicalUserName('a@sub.x.vn', { realms: ['x.vn'] })).toEqual(named('a@sub.x.vn'));
    expect(canonicalUserName('ax.vn', { realms: ['x.vn'] })).toEqual(named('ax.vn'));
  });

  test('none configured: nothing is removed', () => {
    expect(canonicalUserName('a@corp', { realms: [] })).toEqual(named('a@corp'));
    expect(canonicalUserName('corp\\a', { realms: [] })).toEqual(refused('realm'));
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.stringMatching(/^(corp\\|CORP\\)?[a-zA-Z0-9._@-]{0,70}(@bhxh\.example|@corp){0,2}$/),
);

test('a canonical name is its own canonical form and holds safe characters only', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const once = canonical(text);
      if (!once.ok) {
        expect(userNameFaultTexts[once.fault]).not.toBe('');
        return;
      }
      expect(canonical(once.userName)).toEqual(once);
      expect(once.userName).toMatch(/^[a-z0-9_][a-z0-9._@-]{0,63}$/);
    }),
    { numRuns: 2000 },
  );
});

test('upper case, full width and a realm make no other name', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9_][a-z0-9._-]{0,30}[a-z0-9_]$/), (name) => {
      const wide = [...name].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join('');
      for (const spelling of [name.toUpperCase(), wide, `${name}@BHXH.example`, `corp\\${name}`]) {
        expect(canonical(spelling)).toEqual(named(name));
      }
    }),
  );
});
