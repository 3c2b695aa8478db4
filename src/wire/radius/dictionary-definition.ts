// What a dictionary knows of an attribute, and the indexes over it.
import type { ValueOf } from './attribute.ts';

/** The data types of RFC 8044 §2.1.3; those beyond `ValueOf` have parsers of their own. */
export type DataType = keyof ValueOf | 'concat' | 'vsa' | 'extended' | 'long-extended' | 'evs';

/** Where an attribute is found: a type alone, with an extended type (RFC 6929), or inside a Vendor-Specific. */
export interface AttributeNumber {
  type: number;
  extendedType?: number;
  vendorId?: number;
  vendorType?: number;
}

export interface AttributeDefinition extends AttributeNumber {
  /** As the RFCs spell it, `User-Name`. */
  name: string;
  dataType: DataType;
  /** The value begins with a tag, RFC 2868. */
  tagged?: true;
  /** The value is, or leads to, a password or key: never show it. */
  hidden?: true;
  /** Numbers by name; several names may share a number, the first one is shown. */
  values?: Readonly<Record<string, number>>;
}

export interface DictionaryData {
  /** Names by enterprise number. */
  vendors: Readonly<Record<number, string>>;
  attributes: readonly AttributeDefinition[];
}

export interface Dictionary {
  /** Exact spelling. */
  byName(name: string): AttributeDefinition | undefined;
  byNumber(number: AttributeNumber): AttributeDefinition | undefined;
  names(): IterableIterator<string>;
  /** Whether any attribute of this vendor is hidden. */
  hidesVendor(vendorId: number): boolean;
}

function keyOf({ type, extendedType, vendorId, vendorType }: AttributeNumber): string {
  if (vendorId !== undefined) return `${vendorId}:${vendorType}`;
  return extendedType === undefined ? `${type}` : `${type}.${extendedType}`;
}

/** Builds the indexes. @throws Error when two attributes share a name or a number. */
export function createDictionary(data: DictionaryData): Dictionary {
  const byName = new Map<string, AttributeDefinition>();
  const byNumber = new Map<string, AttributeDefinition>();
  for (const definition of data.attributes) {
    const key = keyOf(definition);
    if (byName.has(definition.name) || byNumber.has(key)) {
      throw new Error(`attribute ${definition.name} (${key}) is defined twice`);
    }
    byName.set(definition.name, definition);
    byNumber.set(key, definition);
  }
  return {
    byName: (name) => byName.get(name),
    byNumber: (number) => byNumber.get(keyOf(number)),
    names: () => byName.keys(),
    hidesVendor: (vendorId) => data.attributes.some((known) => known.vendorId === vendorId && known.hidden),
  };
}
