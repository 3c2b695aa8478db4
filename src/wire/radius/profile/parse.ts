// A profile file checked and made ready for use: names resolved, expressions compiled.
import type { OperatorError } from '../../../base/errors.ts';
import { nearestName } from '../../../base/nearest.ts';
import type { EvidenceLevel, IdentifierType } from '../../../core/evidence.ts';
import type { EncodedAttribute } from '../attribute.ts';
import { parseAttributeText, standardDictionary } from '../dictionary.ts';
import { parseAvPair } from '../vendor.ts';
import type { AttributeReference } from './attribute-reference.ts';
import { findFormFault, profileFault } from './faults.ts';
import { type Condition, isOneOf, matches, type Rule, startsWith } from './match.ts';
import { type ConditionDocument, type ProfileDocument, profileSchema, type RuleDocument } from './schema.ts';

/** Where a text is taken from, and which part of it. */
export interface Source {
  readonly reference: AttributeReference;
  /** The wanted part, or null when this text is about something else. */
  take(text: string): string | null;
}

interface IdentifierSource extends Source {
  readonly type: IdentifierType;
  readonly level: EvidenceLevel;
}

/** One attribute that names a session to its gateway; `startsWith` picks one among several of its kind. */
interface Identifying {
  readonly reference: AttributeReference;
  readonly startsWith: string;
  readonly required: boolean;
}

/** A profile ready for use. Frozen; holds no secret. */
export interface Profile
  extends Readonly<
    Omit<
      ProfileDocument,
      | 'requests'
      | 'station'
      | 'tickets'
      | 'workstation'
      | 'useless'
      | 'credentials'
      | 'reply'
      | 'accounting'
      | 'disconnect'
    >
  > {
  /** As written, overrides applied: what `gateway show` prints and overrides are merged into. */
  readonly document: ProfileDocument;
  readonly credentials: Readonly<ProfileDocument['credentials']>;
  readonly requests: { readonly refuse: readonly Rule[]; readonly login: readonly Rule[] };
  /** How a login brings a ticket along. Without a word in the profile: not at all. */
  readonly tickets: Readonly<NonNullable<ProfileDocument['tickets']>>;
  readonly station: readonly Source[];
  readonly workstation: readonly IdentifierSource[];
  /** Attributes that look like a workstation's and are not, with the reason why. */
  readonly useless: readonly { readonly reference: AttributeReference; readonly why: string }[];
  readonly reply: Readonly<Omit<ProfileDocument['reply'], 'attributes'>> & {
    readonly attributes: readonly EncodedAttribute[];
  };
  /** What it tells of sessions. Without a word in the profile: nothing. */
  readonly accounting: Readonly<NonNullable<ProfileDocument['accounting']>>;
  /** How it is told to end one, and what it knows a session by. */
  readonly disconnect: Readonly<Omit<NonNullable<ProfileDocument['disconnect']>, 'identify'>> & {
    readonly identify: readonly Identifying[];
  };
  /** What goes into the record's summary, by its key there. */
  readonly summary: ReadonlyMap<string, AttributeReference>;
}

type Path = readonly (string | number)[];

/** Collects what compiling needs to name the place of a fault. */
class Place {
  readonly #origin: string;
  readonly #path: Path;

  constructor(origin: string, path: Path) {
    this.#origin = origin;
    this.#path = path;
  }

  at(...parts: Path): Place {
    return new Place(this.#origin, [...this.#path, ...parts]);
  }

  fault(message: string, remedy: string): OperatorError {
    return profileFault(this.#origin, this.#path, message, remedy);
  }
}

function resolve(name: string, place: Place): AttributeReference {
  const definition = standardDictionary.byName(name);
  if (definition === undefined) {
    const nearest = nearestName(name, standardDictionary.names());
    const remedy = nearest === null ? 'Names are those of config/dictionaries.' : `Did you mean ${nearest}?`;
    throw place.fault(`${name} is not the name of an attribute`, remedy);
  }
  if (definition.hidden || definition.extendedType !== undefined) {
    throw place.fault(`${name} can't be used in a profile`, 'Name an attribute that holds no secret.');
  }
  return definition;
}

function compileExpression(text: string, place: Place): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    throw place.fault('is not a regular expression', 'Check its brackets and backslashes.');
  }
}

function namedNumbers(reference: AttributeReference, values: readonly (string | number)[], place: Place) {
  const isNumeric = reference.dataType === 'integer' || reference.dataType === 'enum';
  return new Set(
    values.map((value, index) => {
      if (!isNumeric) return String(value);
      if (typeof value === 'number') return value;
      const number = reference.values?.[value];
      if (number !== undefined) return number;
      const nearest = nearestName(value, Object.keys(reference.values ?? {}));
      throw place
        .at(index)
        .fault(
          `${value} is not a value of ${reference.name}`,
          nearest === null ? 'Give a number.' : `Did you mean ${nearest}?`,
        );
    }),
  );
}

function compileCondition(document: ConditionDocument, place: Place): Condition {
  const reference = resolve(document.attribute, place.at('attribute'));
  const given = (['isOneOf', 'startsWith', 'matches', 'present'] as const).filter(
    (key) => document[key] !== undefined,
  );
  if (given.length !== 1) {
    throw place.fault('needs exactly one test', 'Give one of isOneOf, startsWith, matches, present.');
  }
  const { isOneOf: wanted, startsWith: beginning, matches: expression, present } = document;
  if (wanted !== undefined) {
    const test = isOneOf(reference, namedNumbers(reference, wanted, place.at('isOneOf')));
    return { reference, test, present: true };
  }
  if (beginning !== undefined) return { reference, test: startsWith(reference, beginning), present: true };
  if (expression !== undefined) {
    const compiled = compileExpression(expression, place.at('matches'));
    return { reference, test: matches(reference, compiled), present: true };
  }
  return { reference, test: null, present: present === true };
}

function compileRules(documents: readonly RuleDocument[], place: Place): Rule[] {
  return documents.map(({ why, when }, rule) => ({
    why,
    conditions: when.map((condition, index) => compileCondition(condition, place.at(rule, 'when', index))),
  }));
}

function compileSource(document: ProfileDocument['station'][number], place: Place): Source {
  const reference = resolve(document.attribute, place.at('attribute'));
  const { tlv, pattern } = document;
  if (tlv !== undefined && reference.name !== 'Cisco-AVPair') {
    throw place.at('tlv').fault('only Cisco-AVPair has one', 'Take it away, or name Cisco-AVPair.');
  }
  const expression = pattern === undefined ? null : compileExpression(pattern, place.at('pattern'));
  return {
    reference,
    take: (text) => {
      const pair = tlv === undefined ? null : parseAvPair(text);
      if (tlv !== undefined && pair?.tlv !== tlv) return null;
      const value = pair?.value ?? text;
      if (expression === null) return value;
      const match = expression.exec(value);
      return match === null ? null : (match[1] ?? match[0]);
    },
  };
}

function compileReply(document: ProfileDocument['reply'], place: Place): Profile['reply'] {
  if ((document.class === 'group') !== (document.group !== undefined)) {
    throw place.at('group').fault('belongs to class: group, and to nothing else', 'Set both or neither.');
  }
  const attributes = document.attributes.map(({ attribute, value }, index) => {
    const at = place.at('attributes', index);
    const { name } = resolve(attribute, at.at('attribute'));
    if (ownAttributes.has(name)) {
      throw at.at('attribute').fault(`${name} is set by the broker itself`, 'Take it out of the list.');
    }
    try {
      return parseAttributeText(name, String(value));
    } catch (error) {
      const remedy = error instanceof Error && 'remedy' in error ? String(error.remedy) : 'Check its type.';
      throw at.at('value').fault(`is not a value of ${name}`, remedy);
    }
  });
  return { ...document, attributes };
}

/** Round two's field holds the code alone: a token would be seen in round one and could not be spent in round two. */
function checkTickets({ document, tickets }: Profile, place: Place): void {
  if (tickets.delivery !== 'password' || document.credentials.style !== 'challenge') return;
  throw place
    .at('delivery')
    .fault("a challenge can't carry a token", 'Set it to address, or the style of credentials to appended.');
}

const noTickets: Profile['tickets'] = { delivery: 'none' };

const noAccounting: Profile['accounting'] = {
  sends: false,
  startWithinSeconds: 60,
  interimSeconds: 0,
  echoesClass: false,
  sendsAcctSessionIdInRequest: false,
};

const noDisconnect: NonNullable<ProfileDocument['disconnect']> = {
  method: 'none',
  port: 3799,
  identify: [],
  ends: 'session',
};

function compileDisconnect(document: typeof noDisconnect, place: Place): Profile['disconnect'] {
  if (document.method === 'coa' && !document.identify.some(({ required }) => required)) {
    throw place
      .at('identify')
      .fault('names no attribute that is required', 'A request that names no session might end any.');
  }
  const identify = document.identify.map(({ attribute, startsWith: beginning = '', required }, index) => ({
    reference: resolve(attribute, place.at('identify', index, 'attribute')),
    startsWith: beginning,
    required,
  }));
  return { ...document, identify };
}

/** What an Accept gets from the decision, never from a fixed list. */
const ownAttributes: ReadonlySet<string> = new Set([
  'User-Name',
  'Class',
  'Session-Timeout',
  'Termination-Action',
  'Acct-Interim-Interval',
  'State',
  'Reply-Message',
  'Proxy-State',
  'EAP-Message',
  'Message-Authenticator',
]);

const summaryAttributes: Readonly<Record<string, string>> = {
  nasIdentifier: 'NAS-Identifier',
  nasAddress: 'NAS-IP-Address',
  nasIpv6Address: 'NAS-IPv6-Address',
  nasPort: 'NAS-Port',
  nasPortId: 'NAS-Port-Id',
  nasPortType: 'NAS-Port-Type',
  serviceType: 'Service-Type',
  calledStation: 'Called-Station-Id',
  callingStation: 'Calling-Station-Id',
  connectInfo: 'Connect-Info',
  acctSessionId: 'Acct-Session-Id',
};

const summary: ReadonlyMap<string, AttributeReference> = new Map(
  Object.entries(summaryAttributes).flatMap(([key, name]) => {
    const definition = standardDictionary.byName(name);
    return definition === undefined ? [] : [[key, definition]];
  }),
);

/**
 * Checks a profile as read from YAML and makes it ready for use. `origin` names the file in errors.
 * @throws OperatorError that names origin, place and remedy; unknown keys are refused with the nearest known one.
 */
export function parseProfile(value: unknown, origin: string): Profile {
  const profile = compileProfile(value, origin);
  checkTickets(profile, new Place(origin, ['tickets']));
  return profile;
}

function compileProfile(value: unknown, origin: string): Profile {
  const formFault = findFormFault(profileSchema, value, origin);
  if (formFault !== null) throw formFault;
  const document = structuredClone(value) as ProfileDocument;
  const place = new Place(origin, []);
  return Object.freeze({
    ...document,
    document,
    requests: {
      refuse: compileRules(document.requests.refuse, place.at('requests', 'refuse')),
      login: compileRules(document.requests.login, place.at('requests', 'login')),
    },
    tickets: document.tickets ?? noTickets,
    station: document.station.map((source, index) => compileSource(source, place.at('station', index))),
    workstation: document.workstation.map((source, index) => ({
      ...compileSource(source, place.at('workstation', index)),
      type: source.type,
      level: source.level,
    })),
    useless: document.useless.map(({ attribute, why }, index) => ({
      reference: resolve(attribute, place.at('useless', index, 'attribute')),
      why,
    })),
    reply: compileReply(document.reply, place.at('reply')),
    accounting: document.accounting ?? noAccounting,
    disconnect: compileDisconnect(document.disconnect ?? noDisconnect, place.at('disconnect')),
    summary,
  });
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(base: unknown, over: unknown): unknown {
  if (!isSection(base) || !isSection(over)) return over;
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (key === '__proto__') continue;
    merged[key] = Object.hasOwn(base, key) ? merge(base[key], value) : value;
  }
  return merged;
}

/**
 * A profile with what an operator changed for one gateway: sections are merged, lists and single values replaced.
 * The name stays, and the style of credentials must be one that the profile offers.
 * @throws OperatorError as `parseProfile`.
 */
export function overrideProfile(profile: Profile, overrides: unknown, origin: string): Profile {
  if (!isSection(overrides)) {
    throw profileFault(origin, [], 'are not settings', 'Give settings as in the profile, or none.');
  }
  if (Object.hasOwn(overrides, 'name')) {
    throw profileFault(
      origin,
      ['name'],
      "can't be changed",
      'Choose another profile for the gateway instead.',
    );
  }
  const { style, alternatives } = profile.document.credentials;
  const offered = [style, ...alternatives];
  const overridden = compileProfile(merge(profile.document, overrides), origin);
  if (!offered.includes(overridden.credentials.style)) {
    throw profileFault(
      origin,
      ['credentials', 'style'],
      `${profile.title} can't carry ${overridden.credentials.style}`,
      `Set it to one of ${offered.join(', ')}.`,
    );
  }
  checkTickets(overridden, new Place(origin, ['tickets']));
  return overridden;
}
