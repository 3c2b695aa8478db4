// What a SCIM request is carried out with, and how resources are rendered with their versions (RFC 7643 §3.1, RFC 7644 §3.14).
import type { Random } from '../../base/random.ts';
import type { Store } from '../../store/store.ts';
import type { ResourceType, ScimValue } from '../../wire/scim/attribute.ts';
import { ScimError } from '../../wire/scim/error.ts';
import type { FeedSettings } from '../feeds/settings.ts';
import { readBrakeLimit } from '../lifecycle/brake.ts';
import { getSource, type LifecycleDeps } from '../lifecycle/record.ts';

/** One source's server: everything it does is done as that source. */
export interface ScimContext {
  readonly source: string;
  readonly settings: FeedSettings;
  readonly timeZone: string;
  /** `https://host/scim/v2/source`. */
  readonly baseUrl: string;
  readonly lifecycle: LifecycleDeps;
  readonly random: Pick<Random, 'bytes'>;
}

/** What a client demands of the version of a resource; null: nothing. */
export type IfMatch = string | null;

/** A resource with its version, as it leaves. */
export interface Versioned {
  readonly resource: ScimValue;
  readonly etag: string;
}

function etagOf(version: number): string {
  return `W/"${version}"`;
}

/** Whether one of the tags of `If-Match` or `If-None-Match` is this version; weak and strong ones compare alike here. */
export function isTagOf(header: string, version: number): boolean {
  return header
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === `"${version}"`);
}

/** @throws ScimError 412 (RFC 7644 §3.14) */
export function checkVersion(ifMatch: IfMatch, version: number): void {
  if (ifMatch !== null && !isTagOf(ifMatch, version))
    throw new ScimError(412, null, `the resource has changed: its version is ${etagOf(version)}`);
}

export function notFound(type: ResourceType, id: string): ScimError {
  return new ScimError(404, null, `there is no ${type.name} ${JSON.stringify(id.slice(0, 80))}`);
}

/** Adds what the service knows: id, schemas and meta. */
export function render(
  { baseUrl }: Pick<ScimContext, 'baseUrl'>,
  type: ResourceType,
  row: {
    readonly resourceId: string;
    readonly version: number;
    readonly createdAt: number;
    readonly updatedAt: number;
  },
  attributes: ScimValue,
): Versioned {
  const etag = etagOf(row.version);
  const extensions = type.extensions.map(({ id }) => id).filter((id) => attributes[id] !== undefined);
  return {
    etag,
    resource: {
      schemas: [type.schema.id, ...extensions],
      id: row.resourceId,
      ...attributes,
      meta: {
        resourceType: type.name,
        created: new Date(row.createdAt).toISOString(),
        lastModified: new Date(row.updatedAt).toISOString(),
        location: `${baseUrl}${type.endpoint}/${row.resourceId}`,
        version: etag,
      },
    },
  };
}

/** An identifier that nobody guesses, in the form of RFC 9562 §5.4. */
export function newResourceId(random: Pick<Random, 'bytes'>): string {
  const octets = Buffer.from(random.bytes(16));
  octets.writeUInt8((octets.readUInt8(6) & 0x0f) | 0x40, 6);
  octets.writeUInt8((octets.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = octets.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The brake's limit of the source now; counts all accounts, hence before a write. */
export async function readLimit(store: Pick<Store, 'read'>, source: string, now: number): Promise<number> {
  const row = await getSource(store, source);
  return await store.read((db) => readBrakeLimit(db, row, now));
}
