// PATCH by RFC 7644 §3.5.2: its own examples, what Entra ID and Okta really send, and what is refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScimValue } from '../../../src/wire/scim/attribute.ts';
import { ScimError } from '../../../src/wire/scim/error.ts';
import { applyPatch } from '../../../src/wire/scim/patch.ts';
import { groupType, userType } from '../../../src/wire/scim/schemas.ts';

const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const employment = 'urn:ietf:params:scim:schemas:extension:gatewarden:2.0:User';
const message = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const patchUser = (resource: ScimValue, ...operations: unknown[]) =>
  applyPatch(resource, message(...operations), userType);
const patchGroup = (resource: ScimValue, ...operations: unknown[]) =>
  applyPatch(resource, message(...operations), groupType);

const user: ScimValue = {
  userName: 'bjensen',
  active: true,
  name: { givenName: 'Barbara', familyName: 'Jensen' },
  emails: [
    { value: 'bjensen@example.com', type: 'work', primary: true },
    { value: 'babs@jensen.org', type: 'home' },
  ],
  addresses: [{ type: 'work', streetAddress: '100 Universal City Plaza', locality: 'Hollywood' }],
};
const babs = { value: '2819c223-7f76-453a-919d-413861904646', display: 'Babs Jensen' };
const james = { value: '08e1d05d-121c-4561-8b96-473d93df9210', display: 'James Smith' };
const group: ScimValue = { displayName: 'Tour Guides', members: [babs] };

describe("the RFC's examples", () => {
  it('§3.5.2.1: a member is added, and adding it again changes nothing', () => {
    const add = { op: 'add', path: 'members', value: [{ display: 'James Smith', value: james.value }] };
    const after = patchGroup(group, add);
    expect((after['members'] as unknown[]).length).toBe(2);
    expect(patchGroup(after, add)).toEqual(after);
  });

  it('§3.5.2.1: attributes are added without a path', () => {
    const value = { emails: [{ value: 'x@example.org', type: 'other' }], nickName: 'Babs' };
    const after = patchUser(user, { op: 'add', value });
    expect(after['nickName']).toBe('Babs');
    expect(after['emails']).toHaveLength(3);
  });

  it('§3.5.2.2: all members, one member, one e-mail address, and several at once are removed', () => {
    expect(patchGroup(group, { op: 'remove', path: 'members' })).toEqual({ displayName: 'Tour Guides' });
    const both = { ...group, members: [babs, james] };
    expect(patchGroup(both, { op: 'remove', path: `members[value eq "${babs.value}"]` })).toEqual({
      ...group,
      members: [{ value: james.value, display: 'James Smith' }],
    });
    const after = patchUser(user, {
      op: 'remove',
      path: 'emails[type eq "work" and value ew "example.com"]',
    });
    expect(after['emails']).toEqual([{ value: 'babs@jensen.org', type: 'home' }]);
    const replaced = patchGroup(
      both,
      { op: 'remove', path: `members[value eq "${babs.value}"]` },
      { op: 'add', path: 'members', value: [{ value: '902c246b-6245-4190-8e05-00816be7344a' }] },
    );
    expect(replaced['members']).toEqual([
      { value: james.value, display: 'James Smith' },
      { value: '902c246b-6245-4190-8e05-00816be7344a' },
    ]);
  });

  it('§3.5.2.3: members, an address, a street and several attributes are replaced', () => {
    expect(patchGroup(group, { op: 'replace', path: 'members', value: [james] })['members']).toEqual(
      [{ value: james.value }].map((one) => expect.objectContaining(one)),
    );
    const address = { type: 'work', streetAddress: '911 Universal City Plaza', locality: 'Hollywood' };
    expect(
      patchUser(user, { op: 'replace', path: 'addresses[type eq "work"]', value: address })['addresses'],
    ).toEqual([address]);
    expect(
      patchUser(user, {
        op: 'replace',
        path: 'addresses[type eq "work"].streetAddress',
        value: '1010 Broadway Ave',
      })['addresses'],
    ).toEqual([{ type: 'work', streetAddress: '1010 Broadway Ave', locality: 'Hollywood' }]);
    const value = { emails: [{ value: 'one@example.com', type: 'work', primary: true }], nickName: 'Babs' };
    expect(patchUser(user, { op: 'replace', value })).toMatchObject(value);
  });
});

describe('what clients really send', () => {
  it('Entra ID: capital letters, booleans as text, dotted names and URNs without a path', () => {
    expect(patchUser(user, { op: 'Replace', path: 'active', value: 'False' })['active']).toBe(false);
    expect(patchUser(user, { op: 'replace', value: { active: 'True' } })['active']).toBe(true);
    const after = patchUser(user, {
      op: 'Add',
      value: {
        'name.givenName': 'Bá',
        [`${enterprise}:department`]: 'TW',
        [`${employment}:status`]: 'ended',
      },
    });
    expect(after).toMatchObject({
      name: { givenName: 'Bá', familyName: 'Jensen' },
      [enterprise]: { department: 'TW' },
      [employment]: { status: 'ended' },
    });
  });

  it('Entra ID: a value that is not there yet, a manager as text, members taken out by value', () => {
    const phone = { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+84 912' };
    expect(patchUser(user, phone)['phoneNumbers']).toEqual([{ type: 'mobile', value: '+84 912' }]);
    expect(patchUser(user, { op: 'Add', path: `${enterprise}:manager`, value: '26118915' })).toMatchObject({
      [enterprise]: { manager: { value: '26118915' } },
    });
    const both = { ...group, members: [babs, james] };
    const remove = { op: 'Remove', path: 'members', value: [{ value: babs.value }] };
    expect(patchGroup(both, remove)['members']).toEqual([james]);
  });

  it('Okta: all that it has, its own id among it, and a whole extension', () => {
    const after = patchGroup(group, { op: 'replace', value: { id: 'x', displayName: 'Guides', unknown: 1 } });
    expect(after).toEqual({ ...group, displayName: 'Guides' });
    const value = { status: 'ended', detail: 'retired' };
    expect(patchUser(user, { op: 'add', path: employment, value })[employment]).toEqual(value);
    const gone = patchUser({ ...user, [employment]: value }, { op: 'remove', path: employment });
    expect(gone[employment]).toBeUndefined();
  });

  it('a new primary value takes the place of the old one', () => {
    const value = [{ value: 'x@example.org', type: 'other', primary: true }];
    expect(patchUser(user, { op: 'add', path: 'emails', value })['emails']).toMatchObject([
      { type: 'work', primary: false },
      { type: 'home' },
      { type: 'other', primary: true },
    ]);
    const path = 'emails[type eq "home"].primary';
    expect(patchUser(user, { op: 'replace', path, value: true })['emails']).toMatchObject([
      { type: 'work', primary: false },
      { type: 'home', primary: true },
    ]);
  });

  it('null removes, an attribute that is empty goes, and a password is never kept', () => {
    expect(patchUser(user, { op: 'replace', path: 'name.givenName', value: null })['name']).toEqual({
      familyName: 'Jensen',
    });
    expect(patchUser(user, { op: 'replace', path: 'password', value: 'bí mật' })).toEqual(user);
  });
});

describe('what is refused, and changes nothing', () => {
  it.each([
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'replace', path: 'emails[type eq "fax"].value', value: 'x' }, 'noTarget'],
    [{ op: 'replace', path: 'phoneNumbers.value', value: 'x' }, 'noTarget'],
    [{ op: 'add', path: 'phoneNumbers[type ne "x"].value', value: 'x' }, 'noTarget'],
    [{ op: 'remove', path: 'userName' }, 'mutability'],
    [{ op: 'replace', path: 'userName', value: null }, 'mutability'],
    [{ op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    [{ op: 'replace', path: 'meta.created', value: 'x' }, 'mutability'],
    [{ op: 'replace', path: 'groups', value: [] }, 'mutability'],
    [{ op: 'replace', path: 'wages', value: 3 }, 'invalidPath'],
    [{ op: 'replace', path: 'name.wages', value: 3 }, 'invalidPath'],
    [{ op: 'replace', path: 'name[', value: 3 }, 'invalidPath'],
    [{ op: 'replace', path: 'userName[value eq "x"]', value: 'x' }, 'invalidPath'],
    [{ op: 'replace', path: 7, value: 3 }, 'invalidPath'],
    [{ op: 'replace', path: 'active', value: 'maybe' }, 'invalidValue'],
    [{ op: 'replace', path: 'userName', value: 7 }, 'invalidValue'],
    [{ op: 'replace', path: 'userName', value: ['a', 'b'] }, 'invalidValue'],
    [{ op: 'replace', path: 'name', value: 'x' }, 'invalidValue'],
    [{ op: 'replace', value: 'x' }, 'invalidValue'],
    [{ op: 'replace', path: 'active' }, 'invalidValue'],
    [{ op: 'merge', path: 'active', value: true }, 'invalidSyntax'],
    ['replace', 'invalidSyntax'],
  ])('%j', (operation, scimType) => {
    const before = structuredClone(user);
    const good = { op: 'replace', path: 'active', value: false };
    expect(() => patchUser(user, good, operation)).toThrow(
      expect.objectContaining({ status: 400, scimType }),
    );
    expect(user).toEqual(before);
  });

  it('messages that are none', () => {
    for (const body of [
      null,
      [],
      'x',
      {},
      { schemas: [patchOp] },
      message(),
      { Operations: [{ op: 'add' }] },
    ])
      expect(() => applyPatch(user, body, userType)).toThrow(
        expect.objectContaining({ status: 400, scimType: 'invalidSyntax' }),
      );
  });

  it("a unit's code once it is set", () => {
    const unit = 'urn:ietf:params:scim:schemas:extension:gatewarden:2.0:Group';
    const coded = { ...group, [unit]: { code: 'TW' } };
    const change = (value: string) => patchGroup(coded, { op: 'replace', path: `${unit}:code`, value });
    expect(change('TW')).toEqual(coded);
    expect(() => change('T01')).toThrow(expect.objectContaining({ scimType: 'mutability' }));
  });

  it('whatever else is sent: a resource comes out, or an error of the protocol', () => {
    const paths = fc.oneof(
      fc.constantFrom(
        ...[
          'emails',
          'emails[type eq "work"]',
          'emails[type eq "work"].value',
          'emails.value',
          'name',
          'name.givenName',
        ],
        ...[
          'active',
          `${enterprise}:manager.value`,
          enterprise,
          'members',
          'userName',
          '__proto__',
          'constructor',
        ],
        ...[
          'emails[not (type eq "work")].primary',
          'addresses[type pr]',
          'schemas',
          'password',
          'emails[type eq 1]',
        ],
      ),
      fc.string({ maxLength: 20 }),
    );
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'Replace', 'remove', 'x'),
        path: paths,
        value: fc.jsonValue({ maxDepth: 3 }),
      },
      { requiredKeys: ['op'] },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 4 }), (operations) => {
        try {
          const after = patchUser(user, ...operations);
          expect(after['userName']).toBeTypeOf('string');
          expect(JSON.parse(JSON.stringify(after))).toEqual(after);
        } catch (error) {
          if (!(error instanceof ScimError)) throw error;
        }
      }),
      { numRuns: 3_000 },
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
