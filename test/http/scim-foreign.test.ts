// A foreign SCIM library (SCIMMY) as the client: it makes the requests, reads every answer with its own schemas, and says what
// patches and filters must come to.
import { Messages, Schemas, Types } from 'scimmy';
import { beforeAll, expect, it } from 'vitest';
import { describeOnEachStore } from '../store/each-store.ts';
import { createScim, type Json, urn } from './scim-client.ts';

const { PatchOp, ListResponse, BulkRequest, BulkResponse, SearchRequest, ErrorResponse } = Messages;
type Operations = ConstructorParameters<typeof PatchOp>[0] extends infer R | undefined
  ? R extends { Operations: infer O }
    ? O
    : never
  : never;

beforeAll(() => {
  // Its declaration wants an instance; the class is what it takes.
  Schemas.User.extend(Schemas.EnterpriseUser as unknown as InstanceType<typeof Types.Schema>, true);
});

/** As the library reads it: what is no such resource is refused. */
const read = (body: Json): Json => new Schemas.User(body, 'out');

/** A resource without what the server alone says of it. */
function plain(resource: Json): Json {
  const { meta: _meta, schemas: _schemas, ...rest } = JSON.parse(JSON.stringify(resource)) as Json;
  return rest;
}

const newUser = (staffCode: string, more: object = {}) => ({
  schemas: [urn.user, urn.enterprise],
  userName: `${staffCode}@example.vn`,
  displayName: `Người ${staffCode}`,
  active: true,
  emails: [{ value: `${staffCode}@example.vn`, type: 'work', primary: true }],
  [urn.enterprise]: { employeeNumber: staffCode },
  ...more,
});

describeOnEachStore('a foreign SCIM library', (open) => {
  const start = async () => await createScim(await open(), 1, { hasDefaultUnit: true });

  it('reads what the server can do, its resource types and its schemas, which fit its own', async () => {
    const { ask } = await start();
    const config = new Schemas.ServiceProviderConfig((await ask('GET', '/ServiceProviderConfig')).body);
    expect(config).toMatchObject({ patch: { supported: true }, filter: { supported: true } });
    const types = new ListResponse((await ask('GET', '/ResourceTypes')).body);
    expect(types.Resources.map((type: Json) => new Schemas.ResourceType(type).name)).toEqual([
      'User',
      'Group',
    ]);
    const schemas = new ListResponse((await ask('GET', '/Schemas')).body);
    for (const own of [Schemas.User, Schemas.Group, Schemas.EnterpriseUser]) {
      const theirs: Json = JSON.parse(JSON.stringify(own.definition.describe()));
      const ours = schemas.Resources.find(({ id }: Json) => id === theirs.id) as Json;
      for (const { name, type, multiValued } of ours.attributes) {
        // Common to all resources; told for clients that look for it there.
        if (name === 'externalId') continue;
        const attribute = theirs.attributes.find((one: Json) => one.name === name);
        expect(attribute, name).toMatchObject({ type, multiValued });
      }
    }
  });

  it('makes a User, reads, replaces and deletes it', async () => {
    const { ask, events } = await start();
    const made = await ask('POST', '/Users', new Schemas.User(newUser('CB9001'), 'in'));
    expect(made.status).toBe(201);
    const user = read(made.body);
    expect(plain(user)).toMatchObject({ userName: 'CB9001@example.vn', active: true });
    const url = `/Users/${user.id}`;
    expect(read((await ask('GET', url)).body)).toEqual(user);
    const put = await ask('PUT', url, {
      ...plain(made.body),
      schemas: [urn.user, urn.enterprise],
      title: 'x',
    });
    expect(read(put.body).title).toBe('x');
    expect((await ask('DELETE', url)).status).toBe(204);
    expect(await events()).toMatchObject([{ kind: 'hired' }, { kind: 'ended' }]);
  });

  it.each<[string, Operations]>([
    [
      'adds without a path',
      [{ op: 'add', value: { nickName: 'A', emails: [{ value: 'a@b.vn', type: 'home' }] } }],
    ],
    ['adds to a list', [{ op: 'add', path: 'emails', value: [{ value: 'a@b.vn', type: 'home' }] }]],
    ['replaces a part', [{ op: 'replace', path: 'name.familyName', value: 'Nguyễn' }]],
    ['replaces by a filter', [{ op: 'replace', path: 'emails[type eq "work"].value', value: 'c@d.vn' }]],
    ['removes by a filter', [{ op: 'remove', path: 'emails[type eq "work"]' }]],
    ['removes an attribute', [{ op: 'remove', path: 'displayName' }]],
    ['replaces one of an extension', [{ op: 'replace', path: `${urn.enterprise}:costCenter`, value: '41' }]],
    [
      'does one after the other',
      [
        { op: 'replace', value: { title: 'Trưởng phòng', nickName: 'B' } },
        { op: 'add', path: 'phoneNumbers', value: [{ value: 'tel:+84-1', type: 'work' }] },
        { op: 'remove', path: 'nickName' },
      ],
    ],
  ])('%s: a patch comes to the same as in the library', async (_title, operations) => {
    const { ask } = await start();
    const { body } = await ask('POST', '/Users', newUser('CB9001'));
    const patch = { schemas: [PatchOp.id], Operations: operations } as Json;
    const expected = await new PatchOp(patch).apply(read(body));
    const patched = await ask('PATCH', `/Users/${body.id}`, new PatchOp(patch));
    expect(patched.status).toBe(200);
    expect(plain(read(patched.body))).toEqual(plain(expected));
  });

  it('finds by filters what the library finds, by GET and by a search request', async () => {
    const { ask } = await start();
    for (const [i, more] of [
      {},
      { title: 'chuyên viên', nickName: 'Tèo' },
      { title: 'Chuyên viên chính', emails: [{ value: 'x@y.vn', type: 'home' }] },
    ].entries())
      await ask('POST', '/Users', newUser(`CB900${i}`, more));
    const { Resources: everybody } = new ListResponse((await ask('GET', '/Users')).body);
    expect(everybody).toHaveLength(3);
    for (const filter of [
      'userName eq "CB9001@example.vn"',
      'title pr and not (nickName pr)',
      'title sw "Chuyên" or nickName co "è"',
      'emails.type eq "home"',
      'emails[type eq "work" and value ew "@example.vn"]',
      'active eq true and userName gt "CB9000@example.vn"',
    ]) {
      const wanted = new Types.Filter(filter).match(everybody.map(plain)).map(({ id }) => id);
      const list = new ListResponse((await ask('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body);
      expect(list.Resources.map(({ id }: Json) => id).sort(), filter).toEqual(wanted.sort());
      const search = new SearchRequest({ schemas: [SearchRequest.id], filter, count: 1 } as Json);
      const found = new ListResponse((await ask('POST', '/Users/.search', search)).body);
      expect([found.totalResults, found.Resources.length]).toEqual([
        wanted.length,
        Math.min(1, wanted.length),
      ]);
    }
  });

  it('sends many operations at once and reads what came of each', async () => {
    const { ask } = await start();
    const request = new BulkRequest({
      schemas: [BulkRequest.id],
      Operations: [
        { method: 'POST', path: '/Users', bulkId: 'one', data: newUser('CB9001') },
        { method: 'POST', path: '/Users', bulkId: 'two', data: newUser('CB9002') },
        {
          method: 'POST',
          path: '/Groups',
          bulkId: 'unit',
          data: {
            schemas: [urn.group],
            displayName: 'Phòng mới',
            members: [{ value: 'bulkId:one' }, { value: 'bulkId:two' }],
          },
        },
      ],
    } as Json);
    const { schemas, Operations } = request;
    const answer = new BulkResponse((await ask('POST', '/Bulk', { schemas, Operations })).body);
    expect(answer.Operations.map(({ status }: Json) => String(status))).toEqual(['201', '201', '201']);
    const { Resources } = new ListResponse(
      (await ask('GET', '/Groups?filter=displayName eq "Phòng mới"')).body,
    );
    expect(new Schemas.Group(Resources[0] as Json, 'out').members).toHaveLength(2);
  });

  it.each([
    ['GET', '/Users/unknown', undefined, 404, undefined],
    ['POST', '/Users', { schemas: [urn.user] }, 400, 'invalidValue'],
    ['GET', '/Users?filter=userName eq', undefined, 400, 'invalidFilter'],
  ] as const)('reads a refusal: %s %s', async (method, url, body, status, scimType) => {
    const { ask } = await start();
    const refused = await ask(method, url, body);
    const thrown = (() => {
      try {
        return new ErrorResponse(refused.body);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(Types.Error);
    expect(thrown).toMatchObject({ status: String(status), ...(scimType === undefined ? {} : { scimType }) });
  });
});
