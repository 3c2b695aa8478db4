// The SCIM server: the RFCs' examples, what leavers lose, what the brake holds, and every refusal with its scimType.
import { expect, it } from 'vitest';
import { approveHeld, rejectHeld } from '../../src/services/lifecycle/hold.ts';
import { undoEvent } from '../../src/services/lifecycle/undo.ts';
import { at, noon } from '../services/lifecycle/staff.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { oneDay } from '../store/fixtures.ts';
import { createScim, type Json, token, urn } from './scim-client.ts';

const bjensen = {
  schemas: [urn.user],
  userName: 'bjensen',
  externalId: 'bjensen',
  name: { formatted: 'Ms. Barbara J Jensen III', familyName: 'Jensen', givenName: 'Barbara' },
};
const reason = 'đã kiểm tra với phòng tổ chức';

describeOnEachStore('SCIM users', (open) => {
  it("RFC 7644 §3.3 to §3.6: the examples' user is made, read, replaced, patched and deleted", async () => {
    const { ask, events, staff, store } = await createScim(await open(), 1, {
      staffCodeFrom: 'externalId',
      hasDefaultUnit: true,
    });
    const made = await ask('POST', '/Users', bjensen);
    expect(made).toMatchObject({ status: 201, etag: 'W/"1"' });
    expect(made.body).toMatchObject({
      ...bjensen,
      id: expect.any(String),
      meta: { resourceType: 'User', created: expect.any(String), version: 'W/"1"' },
    });
    expect(made.location).toBe(`https://gw.example.vn/scim/v2/idp/Users/${made.body.id}`);
    expect(made.body.meta.location).toBe(made.location);
    expect(await events()).toMatchObject([{ kind: 'hired', state: 'applied', source: 'idp' }]);
    const [person] = await store.read((db) => db.select().from(db.tables.people));
    expect(person).toBeDefined();

    const url = `/Users/${made.body.id}`;
    expect((await ask('GET', url)).body).toEqual(made.body);
    const replaced = await ask('PUT', url, { ...bjensen, nickName: 'Babs' });
    expect(replaced).toMatchObject({ status: 200, etag: 'W/"2"', body: { nickName: 'Babs' } });
    expect((await ask('PUT', url, bjensen)).body.nickName).toBeUndefined();
    expect((await ask('DELETE', url)).status).toBe(204);
    expect((await ask('GET', url)).status).toBe(404);
    expect((await ask('DELETE', url)).status).toBe(404);
    expect(await events()).toMatchObject([{ kind: 'hired' }, { kind: 'ended', detail: 'resigned' }]);
    expect(staff.cut).toEqual([]);
  });

  it('made one by one, many requests at a time, share writes, and each has its own answer', async () => {
    const store = await open();
    let writes = 0;
    const counting = {
      ...store,
      write(fn: Parameters<typeof store.write>[0]) {
        writes += 1;
        return store.write(fn);
      },
    } as typeof store;
    const { ask, events } = await createScim(counting, 1, {
      staffCodeFrom: 'externalId',
      hasDefaultUnit: true,
    });
    const before = writes;
    const user = (i: number) => ({
      ...bjensen,
      userName: `u${i}`,
      externalId: `E${i}`,
      displayName: `Lê ${i}`,
    });
    // One is there twice, one says nothing of its staff code, one is no user.
    const { externalId: _, ...codeless } = user(99);
    const bodies = [
      ...Array.from({ length: 60 }, (_, i) => user(i)),
      user(7),
      codeless,
      { schemas: [urn.group] },
    ];
    const answers = await Promise.all(bodies.map((body) => ask('POST', '/Users', body)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(60);
    expect([statuses[7], statuses[60]].sort()).toEqual([201, 409]);
    expect(statuses.slice(61)).toEqual([400, 400]);
    expect(answers.slice(0, 7).map(({ body }) => body.userName)).toEqual(
      Array.from({ length: 7 }, (_, i) => `u${i}`),
    );
    expect(await events()).toHaveLength(60);
    // The last 13 of them are tried one by one, for the sake of the two that do not fit.
    expect(writes - before).toBeLessThan(25);
  });

  it('RFC 7643 §8.3: the full enterprise user comes back as it was sent, without its password', async () => {
    const { ask } = await createScim(await open(), 1, { hasDefaultUnit: true });
    const full = {
      schemas: [urn.user, urn.enterprise],
      externalId: '701984',
      userName: 'bjensen@example.com',
      name: {
        formatted: 'Ms. Barbara J Jensen, III',
        familyName: 'Jensen',
        givenName: 'Barbara',
        middleName: 'Jane',
        honorificPrefix: 'Ms.',
        honorificSuffix: 'III',
      },
      displayName: 'Babs Jensen',
      nickName: 'Babs',
      profileUrl: 'https://login.example.com/bjensen',
      emails: [
        { value: 'bjensen@example.com', type: 'work', primary: true },
        { value: 'babs@jensen.org', type: 'home' },
      ],
      addresses: [
        {
          type: 'work',
          streetAddress: '100 Universal City Plaza',
          locality: 'Hollywood',
          region: 'CA',
          postalCode: '91608',
          country: 'USA',
          formatted: '100 Universal City Plaza\nHollywood, CA 91608 USA',
          primary: true,
        },
      ],
      phoneNumbers: [{ value: '555-555-5555', type: 'work' }],
      ims: [{ value: 'someaimhandle', type: 'aim' }],
      photos: [{ value: 'https://photos.example.com/profilephoto/72930000000Ccne/F', type: 'photo' }],
      userType: 'Employee',
      title: 'Tour Guide',
      preferredLanguage: 'en-US',
      locale: 'en-US',
      timezone: 'America/Los_Angeles',
      active: true,
      x509Certificates: [{ value: 'MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx' }],
      [urn.enterprise]: {
        employeeNumber: '701984',
        costCenter: '4130',
        organization: 'Universal Studios',
        division: 'Theme Park',
        department: 'Tour Operations',
        manager: { value: '26118915-6090-4610-87e4-49d8ca9f808d', $ref: '../Users/26118915' },
      },
    };
    const { status, body } = await ask('POST', '/Users', { ...full, password: 't1meMa$heen' });
    expect(status).toBe(201);
    expect(body).toMatchObject(full);
    expect(JSON.stringify(body)).not.toContain('t1meMa');
    const shown = await ask('GET', `/Users/${body.id}?attributes=userName,name.familyName`);
    expect(Object.keys(shown.body).sort()).toEqual(['id', 'name', 'schemas', 'userName']);
    expect(shown.body.name).toEqual({ familyName: 'Jensen' });
    const without = await ask('GET', `/Users/${body.id}?excludedAttributes=emails,${urn.enterprise},id`);
    expect(without.body.emails).toBeUndefined();
    expect(without.body[urn.enterprise]).toBeUndefined();
    expect(without.body.id).toBe(body.id);
  });

  it('somebody known is linked, and leaves at once when told: withdrawn, cut, and undone again', async () => {
    const { staff, ask, patch, enroll, events } = await createScim(await open());
    const id = await enroll(0);
    expect(await events()).toEqual([]);
    const left = await patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' });
    expect(left).toMatchObject({ status: 200, body: { active: false } });
    expect(await events()).toMatchObject([
      { kind: 'ended', detail: 'resigned', state: 'applied', effectiveAt: noon, source: 'idp' },
    ]);
    expect(await staff.accountRow(0)).toMatchObject({ status: 'withdrawn' });
    expect(staff.cut).toEqual([{ accountIds: [staff.people[0]?.accountId], reason: 'employment-ended' }]);
    // Told again, in whatever form, it is not done again.
    const again = await patch(`/Users/${id}`, { op: 'replace', value: { active: false } });
    expect(again.etag).toBe(left.etag);
    expect(await events()).toHaveLength(1);

    await undoEvent(staff.deps, { eventId: 1, reason });
    expect(await staff.accountRow(0)).toMatchObject({ status: 'active' });
    // The client still says that the person has left: a repetition does not undo a person's word.
    await ask('PUT', `/Users/${id}`, { ...left.body, displayName: staff.people[0]?.staffCode });
    expect(await staff.accountRow(0)).toMatchObject({ status: 'active' });
  });

  it('the extension says how, when and by which paper', async () => {
    const { staff, patch, enroll, events } = await createScim(await open());
    const id = await enroll(0);
    await patch(`/Users/${id}`, {
      op: 'replace',
      value: {
        active: false,
        [urn.employment]: { detail: 'retired', effectiveFrom: '2026-04-01', documentNumber: '7/QĐ' },
      },
    });
    expect(await events()).toMatchObject([
      { kind: 'ended', detail: 'retired', state: 'scheduled', effectiveAt: at('01/04/2026') },
    ]);
    expect(await staff.accountRow(0)).toMatchObject({ status: 'active' });
    // Postponed: what was planned gives way.
    await patch(`/Users/${id}`, {
      op: 'replace',
      path: `${urn.employment}:effectiveFrom`,
      value: '2026-05-01',
    });
    expect(await events()).toMatchObject([
      { state: 'undone' },
      { state: 'scheduled', effectiveAt: at('01/05/2026'), detail: 'retired' },
    ]);
    // Taken back.
    await patch(`/Users/${id}`, { op: 'replace', value: { active: true } });
    expect(await events()).toMatchObject([{ state: 'undone' }, { state: 'undone' }]);
    expect((await staff.facts(0)).employment).toHaveLength(1);
    // The old date neither delays nor antedates a later end.
    await patch(`/Users/${id}`, { op: 'replace', value: { active: false } });
    expect((await events()).at(-1)).toMatchObject({ state: 'applied', effectiveAt: noon, detail: 'retired' });
    expect(await staff.accountRow(0)).toMatchObject({ status: 'withdrawn' });
  });

  it('leave, return, end and hiring again', async () => {
    const { staff, patch, enroll, events } = await createScim(await open());
    const id = await enroll(0);
    const status = (value: object) =>
      patch(`/Users/${id}`, { op: 'replace', value: { [urn.employment]: value } });
    await status({ status: 'on-leave', detail: 'maternity', plannedEnd: '2026-08-31' });
    expect(await events()).toMatchObject([{ kind: 'leave', detail: 'maternity', state: 'applied' }]);
    expect(await staff.accountRow(0)).toMatchObject({ status: 'active' });
    staff.clock.advance(oneDay);
    await status({ status: 'employed', detail: null });
    expect((await events()).at(-1)).toMatchObject({ kind: 'returned', state: 'applied' });
    staff.clock.advance(oneDay);
    // "on leave" and not active is a leave, no end; an end with the detail of a leave is an end all the same.
    await patch(`/Users/${id}`, {
      op: 'replace',
      value: { active: false, [urn.employment]: { status: 'on-leave', detail: 'sick' } },
    });
    expect((await events()).at(-1)).toMatchObject({ kind: 'leave', detail: 'sick' });
    await patch(`/Users/${id}`, { op: 'remove', path: `${urn.employment}:status` });
    expect((await events()).at(-1)).toMatchObject({ kind: 'ended', detail: 'resigned', state: 'applied' });
    staff.clock.advance(oneDay);
    await patch(`/Users/${id}`, { op: 'replace', path: 'active', value: true });
    expect((await events()).at(-1)).toMatchObject({ kind: 'hired', state: 'applied' });
    // An account that was withdrawn comes back on a new paper only.
    expect(await staff.accountRow(0)).toMatchObject({ status: 'withdrawn' });
  });

  it('what the brake holds is stored, answered 200 and alerted once; access is as it was', async () => {
    const { staff, ask, patch, enroll, events, alerts, store } = await createScim(await open(), 23);
    const ids: string[] = [];
    for (let i = 0; i < 23; i++) ids.push(await enroll(i));
    const answers = [];
    for (const id of ids)
      answers.push(await patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' }));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    expect((await ask('GET', `/Users/${ids[22]}`)).body.active).toBe(false);
    const states = (await events()).map(({ state }) => state);
    expect(states).toEqual([...Array(20).fill('applied'), 'held', 'held', 'held']);
    for (const index of [20, 21, 22]) {
      expect(await staff.accountRow(index)).toMatchObject({ status: 'active' });
      expect((await staff.facts(index)).employment).toHaveLength(1);
    }
    expect(staff.cut.flatMap(({ accountIds }) => accountIds)).toHaveLength(20);
    expect(await alerts()).toMatchObject([{ rule: 'lifecycle-brake' }]);
    const outbox = await store.read((db) => db.select().from(db.tables.outbox));
    expect(outbox).toHaveLength(1);
    // A deletion is held as well.
    expect((await ask('DELETE', `/Users/${ids[22]}`)).status).toBe(204);
    expect(await staff.accountRow(22)).toMatchObject({ status: 'active' });

    // In part: one is approved, one rejected, one taken back by the client itself.
    const rows = await store.read((db) => db.select().from(db.tables.lifecycleEvents));
    const heldIds = rows.filter(({ state }) => state === 'held').map(({ id }) => id);
    await approveHeld(staff.deps, { choice: { eventIds: heldIds.slice(0, 1) }, reason });
    expect(await staff.accountRow(20)).toMatchObject({ status: 'withdrawn' });
    await rejectHeld(staff.deps, { choice: { eventIds: heldIds.slice(2) }, reason });
    await patch(`/Users/${ids[21]}`, { op: 'replace', path: 'active', value: true });
    expect((await events()).slice(20).map(({ state }) => state)).toEqual(['applied', 'rejected', 'rejected']);
  });

  it('a person is linked by the staff code alone, and a wrong code is noticed by the name', async () => {
    const { staff, ask, enroll } = await createScim(await open());
    const staffCode = staff.people[0]?.staffCode ?? '';
    const fullName = await staff.store.read(async (db) => {
      const [row] = await db.select().from(db.tables.people);
      return row?.fullName ?? '';
    });
    const body = (more: object) => ({
      schemas: [urn.user],
      userName: 'x',
      [urn.enterprise]: { employeeNumber: staffCode },
      ...more,
    });
    expect(await ask('POST', '/Users', body({ displayName: 'Ai Do Khac' }))).toMatchObject({
      status: 400,
      body: { scimType: 'invalidValue' },
    });
    // In another order and without marks, as directories write it.
    const turned = fullName.split(' ').reverse().join(' ').normalize('NFD').replaceAll(/\p{M}/gu, '');
    expect(
      (await ask('POST', '/Users', body({ displayName: turned.replaceAll('Đ', 'D').replaceAll('đ', 'd') })))
        .status,
    ).toBe(201);
    expect(await ask('POST', '/Users', body({ userName: 'y' }))).toMatchObject({
      status: 409,
      body: { scimType: 'uniqueness' },
    });
    const other = await enroll(1);
    const path = `${urn.enterprise}:employeeNumber`;
    expect(
      await ask('PATCH', `/Users/${other}`, {
        schemas: [urn.patch],
        Operations: [{ op: 'replace', path, value: 'N-unknown' }],
      }),
    ).toMatchObject({ status: 400, body: { scimType: 'mutability' } });
  });

  it('versions: If-Match, If-None-Match, and no new version without a change', async () => {
    const { ask, enroll } = await createScim(await open());
    const url = `/Users/${await enroll(0)}`;
    const change = { schemas: [urn.patch], Operations: [{ op: 'add', path: 'nickName', value: 'An' }] };
    expect(await ask('PATCH', url, change, { 'if-match': 'W/"7"' })).toMatchObject({ status: 412 });
    expect(await ask('PATCH', url, change, { 'if-match': 'W/"1"' })).toMatchObject({
      status: 200,
      etag: 'W/"2"',
    });
    expect(await ask('PATCH', url, change)).toMatchObject({ status: 200, etag: 'W/"2"' });
    expect(await ask('GET', url, undefined, { 'if-none-match': 'W/"2"' })).toMatchObject({ status: 304 });
    expect(await ask('GET', url, undefined, { 'if-none-match': 'W/"1"' })).toMatchObject({ status: 200 });
    expect(await ask('DELETE', url, undefined, { 'if-match': 'W/"1"' })).toMatchObject({ status: 412 });
    expect(await ask('DELETE', url, undefined, { 'if-match': '*' })).toMatchObject({ status: 204 });
  });

  it('a repetition of everything writes nothing', async () => {
    const { store, ask, enroll } = await createScim(await open());
    const ids = [await enroll(0), await enroll(1)];
    const documents = await Promise.all(ids.map(async (id) => (await ask('GET', `/Users/${id}`)).body));
    const audit = async () => (await store.read((db) => db.select().from(db.tables.audit))).length;
    const source = () => store.read((db) => db.select().from(db.tables.lifecycleSources));
    const before = [await audit(), await source()];
    for (const document of documents) {
      expect((await ask('PUT', `/Users/${document.id}`, document)).etag).toBe('W/"1"');
      expect(
        (
          await ask('PATCH', `/Users/${document.id}`, {
            schemas: [urn.patch],
            Operations: [{ op: 'replace', value: { active: 'True', userName: document.userName } }],
          })
        ).etag,
      ).toBe('W/"1"');
    }
    expect([await audit(), await source()]).toEqual(before);
  });

  it('what fails before, beside and behind a request is an error of the protocol too', async () => {
    const { ask } = await createScim(await open(), 1);
    for (const [method, url, allow] of [
      ['DELETE', '/Users', 'GET, POST'],
      ['PUT', '/Groups', 'GET, POST'],
      ['POST', '/Users/1', 'GET, PUT, PATCH, DELETE'],
      ['GET', '/Bulk', 'POST'],
      ['PUT', '/Bulk', 'POST'],
      ['POST', '/ServiceProviderConfig', 'GET'],
      ['DELETE', '/Schemas/urn:none', 'GET'],
      ['PATCH', '/ResourceTypes', 'GET'],
    ] as const) {
      const answer = await ask(method, url, method === 'DELETE' || method === 'GET' ? undefined : {});
      expect([url, answer.status, answer.header('allow')]).toEqual([url, 405, allow]);
    }
    expect((await ask('DELETE', '/Users/1/2')).status).toBe(404);
    const as = (authorization: string) => ask('GET', '/Users', undefined, { authorization });
    const limited = await as('Bearer too-many');
    expect([limited.status, limited.header('retry-after')]).toEqual([429, '7']);
    for (const [authorization, status] of [
      ['Bearer no-store', 503],
      ['Bearer defect', 500],
    ] as const) {
      const { status: given, body } = await as(authorization);
      expect(given).toBe(status);
      expect(body.detail).not.toMatch(/ECONNREFUSED|10\.9|secret/);
    }
  });

  it('every refusal is an error of the protocol', async () => {
    const { ask, patch, enroll } = await createScim(await open());
    const id = await enroll(0);
    const url = `/Users/${id}`;
    const user = { schemas: [urn.user], userName: 'new', [urn.enterprise]: { employeeNumber: 'N-new' } };
    const cases: [Promise<{ status: number; body: Json }>, number, string | undefined][] = [
      [ask('POST', '/Users', '{'), 400, 'invalidSyntax'],
      [ask('POST', '/Users', '[]'), 400, 'invalidSyntax'],
      [ask('POST', '/Users'), 400, 'invalidSyntax'],
      [ask('POST', '/Users', { userName: 'x' }), 400, 'invalidSyntax'],
      [ask('POST', '/Users', { ...user, userName: undefined }), 400, 'invalidValue'],
      [ask('POST', '/Users', { ...user, userName: 3 }), 400, 'invalidValue'],
      [ask('POST', '/Users', { ...user, [urn.enterprise]: {} }), 400, 'invalidValue'],
      // Nobody has the code, and no unit is named.
      [ask('POST', '/Users', user), 400, 'invalidValue'],
      [ask('POST', '/Users', { ...user, [urn.employment]: { unit: 'nowhere' } }), 400, 'invalidValue'],
      [ask('POST', '/Users', { ...user, userName: 'U0@EXAMPLE.VN' }), 409, 'uniqueness'],
      [ask('POST', '/Users', 'userName=x', { 'content-type': 'text/plain' }), 415, undefined],
      [ask('POST', '/Users', 'x'.repeat(1_100_000)), 413, undefined],
      [ask('GET', '/Users/nobody'), 404, undefined],
      [ask('GET', '/Nothing'), 404, undefined],
      [ask('GET', '/Me'), 501, undefined],
      [ask('GET', '/Users?filter=userName%20eq'), 400, 'invalidFilter'],
      [ask('GET', '/Users?filter=wages%20gt%203'), 400, 'invalidFilter'],
      [ask('GET', '/Users?count=many'), 400, 'invalidValue'],
      [ask('GET', '/Users?sortBy=wages'), 400, 'invalidPath'],
      [ask('GET', '/Users?sortBy=userName&sortOrder=up'), 400, 'invalidValue'],
      [ask('GET', '/Users?attributes=a&excludedAttributes=b'), 400, 'invalidValue'],
      [ask('GET', '/Schemas?filter=id%20eq%20%22x%22'), 403, undefined],
      [ask('GET', '/Schemas/urn:none'), 404, undefined],
      [ask('GET', '/ResourceTypes/Printer'), 404, undefined],
      [ask('PUT', url, { ...user, [urn.employment]: { status: 'gone' } }), 400, 'mutability'],
      [patch(url, { op: 'replace', path: `${urn.employment}:status`, value: 'gone' }), 400, 'invalidValue'],
      [
        patch(url, { op: 'replace', path: `${urn.employment}:status`, value: 'on-leave' }),
        400,
        'invalidValue',
      ],
      [
        patch(url, { op: 'replace', path: urn.employment, value: { status: 'ended', detail: 'promoted' } }),
        400,
        'invalidValue',
      ],
      [
        patch(url, {
          op: 'replace',
          path: urn.employment,
          value: { status: 'ended', effectiveFrom: '1/4/26' },
        }),
        400,
        'invalidValue',
      ],
      [
        patch(url, {
          op: 'replace',
          path: urn.employment,
          value: {
            status: 'on-leave',
            detail: 'sick',
            effectiveFrom: '2026-05-01',
            plannedEnd: '2026-04-01',
          },
        }),
        400,
        'invalidValue',
      ],
      [patch(url, { op: 'replace', path: 'emails[type eq "x"].value', value: 'x' }), 400, 'noTarget'],
      [patch(url, { op: 'replace', path: 'id', value: 'x' }), 400, 'mutability'],
      [patch(url, { op: 'replace', path: 'wages', value: 'x' }), 400, 'invalidPath'],
      [ask('PUT', '/Users/nobody', user), 404, undefined],
      [patch('/Users/nobody', { op: 'remove', path: 'title' }), 404, undefined],
      [ask('POST', '/Users/.search', { schemas: [urn.user] }), 400, 'invalidSyntax'],
      [ask('GET', '/scim/v2/hr/Users'), 404, undefined],
      [ask('GET', '/scim/v2/strange/Users'), 403, undefined],
      [ask('GET', '/Users', undefined, { authorization: 'Bearer x' }), 401, undefined],
    ];
    for (const [answer, status, scimType] of cases) {
      const given = await answer;
      expect([given.status, given.body.scimType, given.body.detail]).toEqual([
        status,
        scimType,
        given.body.detail,
      ]);
    }
    const unauthorised = await ask('GET', '/Users', undefined, { authorization: 'Bearer x' });
    expect(unauthorised.header('www-authenticate')).toContain('Bearer');
    expect(JSON.stringify(unauthorised.body)).not.toContain(token);
    expect((await ask('GET', url)).etag).toBe('W/"1"');
  });
});

describeOnEachStore('SCIM queries', (open) => {
  it('filter, sort and page as RFC 7644 §3.4.2 says, by GET and by .search', async () => {
    const { ask, enroll } = await createScim(await open(), 5);
    for (let i = 0; i < 5; i++)
      await enroll(i, { title: ['c', 'A', 'b', undefined, 'D'][i], externalId: `E${i}` });
    const query = async (text: string) => {
      const { status, body } = await ask('GET', `/Users?${text}`);
      expect(status).toBe(200);
      expect(body.schemas).toEqual([urn.list]);
      return body;
    };
    const names = (body: Json) =>
      (body.Resources as Json[]).map(({ userName }) => String(userName).slice(0, 2));
    expect(names(await query('filter=userName eq "U3@example.vn"'))).toEqual(['u3']);
    expect(names(await query('filter=externalId eq "E3"'))).toEqual(['u3']);
    expect(names(await query('filter=externalId eq "e3"'))).toEqual([]);
    expect(names(await query('filter=externalId eq "E3" or title eq "b"'))).toEqual(['u2', 'u3']);
    expect(names(await query('filter=title pr and not (title eq "a")'))).toEqual(['u0', 'u2', 'u4']);
    expect(names(await query('sortBy=title'))).toEqual(['u1', 'u2', 'u0', 'u4', 'u3']);
    expect(names(await query('sortBy=title&sortOrder=descending'))).toEqual(['u3', 'u4', 'u0', 'u2', 'u1']);
    const page = await query('startIndex=2&count=2');
    expect(page).toMatchObject({ totalResults: 5, startIndex: 2, itemsPerPage: 2 });
    expect(names(page)).toEqual(['u1', 'u2']);
    expect(await query('count=0')).toMatchObject({ totalResults: 5, itemsPerPage: 0, Resources: [] });
    expect(await query('startIndex=-3&count=-1')).toMatchObject({ startIndex: 1, itemsPerPage: 0 });
    expect(await query('startIndex=9')).toMatchObject({ totalResults: 5, Resources: [] });
    const { body } = await ask('POST', '/Users/.search', {
      schemas: [urn.search],
      attributes: ['userName'],
      filter: 'userName sw "u"',
      sortBy: 'userName',
      sortOrder: 'descending',
      startIndex: 1,
      count: 2,
    });
    expect(names(body)).toEqual(['u4', 'u3']);
    expect(Object.keys(body.Resources[0]).sort()).toEqual(['id', 'schemas', 'userName']);
  });

  it('says what it can do, which resources it has, and what they look like', async () => {
    const { ask } = await createScim(await open());
    const config = (await ask('GET', '/ServiceProviderConfig')).body;
    for (const feature of ['patch', 'bulk', 'filter', 'sort', 'etag'])
      expect(config[feature].supported).toBe(true);
    expect(config.changePassword.supported).toBe(false);
    const types = (await ask('GET', '/ResourceTypes')).body.Resources;
    expect(types.map(({ endpoint }: Json) => endpoint)).toEqual(['/Users', '/Groups']);
    expect((await ask('GET', '/ResourceTypes/User')).body).toEqual(types[0]);
    const schemas = (await ask('GET', '/Schemas')).body;
    expect(schemas.totalResults).toBe(5);
    for (const schema of schemas.Resources)
      expect((await ask('GET', `/Schemas/${schema.id}`)).body).toEqual(schema);
  });
});

describeOnEachStore('SCIM groups', (open) => {
  it('are units: members move there, and losing a paper by it is counted, cut and undone', async () => {
    const { staff, unitCode, ask, patch, enroll, events } = await createScim(await open());
    const ids = [await enroll(0), await enroll(1)];
    const made = await ask('POST', '/Groups', {
      schemas: [urn.group, urn.unit],
      displayName: 'Phòng Thanh tra',
      [urn.unit]: { code: 'TTr', parent: unitCode },
      members: [{ value: ids[0] }],
    });
    expect(made).toMatchObject({ status: 201 });
    expect(made.body.members).toMatchObject([{ value: ids[0], type: 'User' }]);
    expect(await events()).toMatchObject([{ kind: 'moved', state: 'applied', source: 'idp' }]);
    expect(staff.cut).toMatchObject([{ reason: 'assignment-missing' }]);
    const home = await staff.unitOf(1);
    expect(await staff.unitOf(0)).not.toBe(home);
    expect((await ask('GET', `/Users/${ids[0]}`)).body.groups).toMatchObject([
      { value: made.body.id, display: 'Phòng Thanh tra' },
    ]);

    const url = `/Groups/${made.body.id}`;
    const add = { op: 'Add', path: 'members', value: [{ value: ids[1] }] };
    expect((await patch(url, add)).body.members).toHaveLength(2);
    const { etag } = await patch(url, add);
    expect((await patch(url, add)).etag).toBe(etag);
    expect(await events()).toHaveLength(2);
    // Taken out of the one unit that is known, nobody goes anywhere.
    const path = `members[value eq "${ids[0]}"]`;
    expect((await patch(url, { op: 'Remove', path })).body.members).toMatchObject([{ value: ids[1] }]);
    expect(await events()).toHaveLength(2);
    expect((await ask('DELETE', url)).status).toBe(204);
    expect(await staff.unitOf(0)).not.toBe(home);
  });

  it('of a unit that is there take its place, once; nobody strange is a member', async () => {
    const { ask, unitCode, patch, enroll } = await createScim(await open());
    const group = { schemas: [urn.group], displayName: 'Chi cục', externalId: unitCode };
    const made = await ask('POST', '/Groups', group);
    expect(made.status).toBe(201);
    const id = await enroll(0);
    const cases: [Promise<{ status: number; body: Json }>, number, string][] = [
      [ask('POST', '/Groups', group), 409, 'uniqueness'],
      [ask('POST', '/Groups', { schemas: [urn.group] }), 400, 'invalidValue'],
      [
        ask('POST', '/Groups', { ...group, externalId: 'X', members: [{ value: 'nobody' }] }),
        400,
        'invalidValue',
      ],
      [
        ask('POST', '/Groups', { ...group, externalId: 'X', [urn.unit]: { code: 'X', parent: 'nowhere' } }),
        400,
        'invalidValue',
      ],
      [
        patch(`/Groups/${made.body.id}`, {
          op: 'add',
          path: 'members',
          value: [{ value: id, type: 'Group' }],
        }),
        400,
        'invalidValue',
      ],
      [patch(`/Groups/${made.body.id}`, { op: 'remove', path: 'displayName' }), 400, 'mutability'],
    ];
    for (const [answer, status, scimType] of cases) {
      const given = await answer;
      expect([given.status, given.body.scimType]).toEqual([status, scimType]);
    }
    const list = (filter: string) => ask('GET', `/Groups?filter=${encodeURIComponent(filter)}`);
    await patch(`/Groups/${made.body.id}`, { op: 'add', path: 'members', value: [{ value: id }] });
    expect((await list(`members.value eq "${id}"`)).body.totalResults).toBe(1);
    expect((await list('displayName eq "CHI CỤC"')).body.totalResults).toBe(1);
    const { body } = await ask('GET', '/Groups?excludedAttributes=members');
    expect(body.Resources[0].members).toBeUndefined();
  });
});

describeOnEachStore('SCIM bulk', (open) => {
  it('makes many users in few writes, and where one of them does not fit only that one is left out', async () => {
    const { ask, staff, store } = await createScim(await open(), 60);
    const user = (index: number, userName = `b${index}`) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `k${index}`,
      data: {
        schemas: [urn.user],
        userName,
        [urn.enterprise]: { employeeNumber: staff.people[index]?.staffCode },
      },
    });
    let writes = 0;
    const { write } = staff.deps.store;
    Object.assign(staff.deps.store, {
      write: (fn: Parameters<typeof write>[0]) => {
        writes += 1;
        return write(fn);
      },
    });
    const bulk = async (Operations: unknown[]) => {
      const { body } = await ask('POST', '/Bulk', { schemas: [urn.bulk], Operations });
      return (body.Operations as { status: string }[]).map(({ status }) => status);
    };
    expect(await bulk(Array.from({ length: 50 }, (_, i) => user(i)))).toEqual(Array(50).fill('201'));
    expect(writes).toBe(2);
    expect(await bulk([user(50), user(0, 'other'), user(51), user(52, 'b51'), user(53)])).toEqual([
      ...['201', '409', '201', '409', '201'],
    ]);
    const users = await store.read((db) => db.select().from(db.tables.feedUsers));
    expect(users).toHaveLength(53);
    expect(new Set(users.map(({ personId }) => personId)).size).toBe(53);
    expect(await store.read((db) => db.select().from(db.tables.lifecycleEvents))).toEqual([]);
  });

  it('refuses a body that is nested too deeply, whatever part of it would be looked at', async () => {
    const { ask } = await createScim(await open(), 1);
    const nested = (depth: number) => `${'[{"x":'.repeat(depth)}1${'}]'.repeat(depth)}`;
    const operation = `{"method":"POST","path":"/Users","bulkId":"a","data":${nested(20_000)}}`;
    for (const [url, body] of [
      ['/Bulk', `{"schemas":["${urn.bulk}"],"Operations":[${operation}]}`],
      ['/Bulk', `{"schemas":["${urn.bulk}"],"Operations":${nested(20_000)}}`],
      ['/Users', `{"schemas":["${urn.user}"],"userName":${nested(20_000)}}`],
      ['/Users/.search', `{"schemas":["${urn.search}"],"filter":${nested(30)}}`],
    ] as const) {
      const { status, body: said } = await ask('POST', url, body);
      expect([url, status, said.scimType]).toEqual([url, 400, 'invalidSyntax']);
    }
  });

  it('RFC 7644 §3.7.2: a group refers to a user that comes later, and errors stop it where told', async () => {
    const { ask, staff, enroll } = await createScim(await open());
    const first = await enroll(0);
    const user = (index: number) => ({
      schemas: [urn.user],
      userName: `b${index}`,
      [urn.enterprise]: { employeeNumber: staff.people[index]?.staffCode },
    });
    const bulk = (Operations: unknown[], more: object = {}) =>
      ask('POST', '/Bulk', { schemas: [urn.bulk], Operations, ...more });
    const { status, body } = await bulk([
      {
        method: 'POST',
        path: '/Groups',
        bulkId: 'ytrewq',
        data: { schemas: [urn.group], displayName: 'Tour Guides', members: [{ value: 'bulkId:qwerty' }] },
      },
      { method: 'POST', path: '/Users', bulkId: 'qwerty', data: user(1) },
      { method: 'PATCH', path: `/Users/${first}`, version: 'W/"9"', data: {} },
      { method: 'DELETE', path: '/Users/nobody' },
    ]);
    expect(status).toBe(200);
    expect(body.Operations.map(({ status: one }: Json) => one)).toEqual(['201', '201', '412', '404']);
    expect(body.Operations[2].response).toMatchObject({ schemas: [urn.error], status: '412' });
    const group = (await ask('GET', body.Operations[0].location.replace('https://gw.example.vn', ''))).body;
    expect(body.Operations[1].location.endsWith(group.members[0].value)).toBe(true);

    const stopped = await bulk(
      [
        { method: 'DELETE', path: '/Users/nobody' },
        { method: 'DELETE', path: `/Users/${first}` },
      ],
      { failOnErrors: 1 },
    );
    expect(stopped.body.Operations).toHaveLength(1);
    expect((await ask('GET', `/Users/${first}`)).status).toBe(200);
    for (const [operations, code, scimType] of [
      [[], 400, 'invalidSyntax'],
      [[{ method: 'POST', path: '/Users', data: {} }], 400, 'invalidSyntax'],
      [[{ method: 'GET', path: '/Users/1' }], 400, 'invalidSyntax'],
      [[{ method: 'DELETE', path: '/Bulk' }], 400, 'invalidSyntax'],
      [[{ method: 'DELETE', path: '/Users/%E0%A4' }], 400, 'invalidSyntax'],
      [Array(1_001).fill({ method: 'DELETE', path: '/Users/1' }), 413, undefined],
    ] as const) {
      const answer = await bulk([...operations]);
      expect([answer.status, answer.body.scimType]).toEqual([code, scimType]);
    }
    const circle = await bulk([
      {
        method: 'POST',
        path: '/Groups',
        bulkId: 'a',
        data: { schemas: [urn.group], displayName: 'A', members: [{ value: 'bulkId:b' }] },
      },
      {
        method: 'POST',
        path: '/Groups',
        bulkId: 'b',
        data: { schemas: [urn.group], displayName: 'B', members: [{ value: 'bulkId:a' }] },
      },
    ]);
    expect(circle.body.Operations.map(({ status: one }: Json) => one)).toEqual(['400', '400']);
  });
});
