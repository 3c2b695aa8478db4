// Filters and paths of RFC 7644 §3.4.2.2 and §3.5.2: its own examples, precedence, case, and what is refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScimValue } from '../../../src/wire/scim/attribute.ts';
import { ScimError } from '../../../src/wire/scim/error.ts';
import { checkFilter, matches, parseFilter, parsePatchPath } from '../../../src/wire/scim/filter.ts';
import { userType } from '../../../src/wire/scim/schemas.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const user: ScimValue = {
  id: '2819c223',
  userName: 'bjensen',
  externalId: 'BJ',
  title: 'Tour Guide',
  userType: 'Employee',
  active: true,
  name: { familyName: "O'Malley", givenName: 'Barbara' },
  emails: [
    { value: 'bjensen@example.com', type: 'work', primary: true },
    { value: 'babs@jensen.org', type: 'home' },
  ],
  meta: { lastModified: '2011-05-13T04:42:34Z' },
  [enterprise]: { employeeNumber: '701984', manager: { value: '26118915' } },
};
const holds = (text: string) => {
  const filter = parseFilter(text);
  checkFilter(filter, userType);
  return matches(filter, user, userType);
};

describe('filters', () => {
  it.each([
    // RFC 7644 §3.4.2.2, Figure 2.
    ['userName eq "bjensen"', true],
    [`name.familyName co "O'Malley"`, true],
    ['userName sw "J"', false],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"', false],
    ['title pr', true],
    ['meta.lastModified gt "2011-05-13T04:42:34Z"', false],
    ['meta.lastModified ge "2011-05-13T04:42:34Z"', true],
    ['meta.lastModified lt "2011-05-13T04:42:34Z"', false],
    ['meta.lastModified le "2011-05-13T11:42:34+07:00"', true],
    ['title pr and userType eq "Employee"', true],
    ['title pr or userType eq "Intern"', true],
    ['schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"', false],
    ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', true],
    ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', false],
    ['userType eq "Employee" and (emails.type eq "work")', true],
    ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', true],
    [
      'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
      true,
    ],
    // A value path asks for one value that has both.
    ['emails[type eq "home" and value co "@example.com"]', false],
    // Case: names and operators never matter, values where the schema says so.
    ['USERNAME Eq "BJensen"', true],
    ['externalId eq "bj"', false],
    [`${enterprise}:employeeNumber eq "701984"`, true],
    [`${enterprise.toUpperCase()}:EMPLOYEENUMBER eq "701984"`, true],
    [`${enterprise}:manager.value eq "26118915"`, true],
    // "and" binds closer than "or".
    ['title eq "x" and userType eq "x" or active eq true', true],
    ['active eq true or title eq "x" and userType eq "x"', true],
    ['(active eq true or title eq "x") and userType eq "x"', false],
    ['not (title pr) or not (nickName pr)', true],
    ['((((title pr))))', true],
    ['nickName eq null', true],
    ['title ne null', true],
    ['nickName ne "x"', true],
    ['title ew "guide"', true],
    // Entra ID.
    ['active eq "True"', true],
    ['active ne "False"', true],
    ['userName eq "a\\"b"', false],
    ['userName eq "(a or b)"', false],
    ['userName gt "a" and userName lt "c"', true],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it.each([
    ['', 'invalidFilter'],
    ['userName', 'invalidFilter'],
    ['userName eq', 'invalidFilter'],
    ['userName is "x"', 'invalidFilter'],
    ['userName eq "x" and', 'invalidFilter'],
    ['userName eq "x" userName eq "y"', 'invalidFilter'],
    ['userName eq "x', 'invalidFilter'],
    ['userName eq "\\x"', 'invalidFilter'],
    ['userName eq x', 'invalidFilter'],
    ['(userName eq "x"', 'invalidFilter'],
    ['userName eq "x")', 'invalidFilter'],
    ['emails[type eq "work"', 'invalidFilter'],
    ['emails[]', 'invalidFilter'],
    ['not userName eq "x"', 'invalidFilter'],
    ['and', 'invalidFilter'],
    ['userName eq "x" # y', 'invalidFilter'],
    ['wages gt 3', 'invalidFilter'],
    ['name.wages gt 3', 'invalidFilter'],
    ['active gt true', 'invalidFilter'],
    ['name eq "x"', 'invalidFilter'],
    ['meta.lastModified gt "yesterday"', 'invalidFilter'],
    [`${'('.repeat(100)}title pr${')'.repeat(100)}`, 'invalidFilter'],
    [`userName eq "${'x'.repeat(5_000)}"`, 'invalidFilter'],
  ])('%s is refused', (text, scimType) => {
    expect(() => holds(text)).toThrow(expect.objectContaining({ status: 400, scimType }));
  });

  it('reads whatever is written, or refuses it as a filter: nothing else happens', () => {
    const parts = fc.constantFrom(
      ...[
        'userName',
        'emails',
        '[',
        ']',
        '(',
        ')',
        'and',
        'or',
        'not',
        'eq',
        'pr',
        'co',
        '"x"',
        '"',
        '.value',
        '.',
      ],
      ...['true', 'null', '-1.5e3', '-', 'urn:a:b', '\\', '\u0000', 'đ', ':', '$ref', '01', '1'],
    );
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.array(parts, { maxLength: 24 }).map((some) => some.join(' ')),
      fc.array(parts, { maxLength: 24 }).map((some) => some.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const parse of [() => holds(text), () => parsePatchPath(text)]) {
          try {
            parse();
          } catch (error) {
            if (!(error instanceof ScimError) || error.status !== 400) throw error;
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('paths', () => {
  it.each([
    ['members', { path: { schema: null, name: 'members', sub: null }, filter: null }],
    ['name.familyName', { path: { schema: null, name: 'name', sub: 'familyName' }, filter: null }],
    [
      'addresses[type eq "work"]',
      {
        path: { schema: null, name: 'addresses', sub: null },
        filter: { op: 'eq', path: { schema: null, name: 'type', sub: null }, value: 'work' },
      },
    ],
    [
      'members[value eq "2819c223"].displayName',
      {
        path: { schema: null, name: 'members', sub: 'displayName' },
        filter: { op: 'eq', path: { schema: null, name: 'value', sub: null }, value: '2819c223' },
      },
    ],
    [
      `${enterprise}:manager.value`,
      { path: { schema: enterprise, name: 'manager', sub: 'value' }, filter: null },
    ],
  ])('%s', (text, expected) => {
    expect(parsePatchPath(text)).toEqual(expected);
  });

  it.each(['', '.', 'a.b.c', 'members[', 'members[value eq "x"]x', 'members[value eq "x"].a.b', 'a b', '1'])(
    '%j is refused',
    (text) => {
      expect(() => parsePatchPath(text)).toThrow(
        expect.objectContaining({ status: 400, scimType: 'invalidPath' }),
      );
    },
  );
});
