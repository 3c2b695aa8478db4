// How operators come into being: a one-time link, then a password and an authenticator of their own. The very first one's link is
// printed by the program; later ones are made by an administrator.
import { OperatorError } from '../../base/errors.ts';
import { networkOf } from '../../base/network.ts';
import { nameSearchKey, nameSortKey } from '../../core/names.ts';
import { encodeBase32, generateSeed, matchCode, otpauthUri, seedKey } from '../../core/otp.ts';
import { canonicalUserName, userNameFaultTexts } from '../../core/user-name.ts';
import { raiseAlert } from '../../store/queries/alerts.ts';
import { insertEmployment, insertPeople } from '../../store/queries/import/people.ts';
import {
  clearOperatorCounters,
  findOneTimeLink,
  insertOneTimeLink,
  type OneTimeLinkRow,
  useOneTimeLink,
  voidOneTimeLinks,
} from '../../store/queries/operator-proofs.ts';
import {
  changeOperator,
  claimOperatorStep,
  findOperator,
  findOperatorByName,
  hasOperators,
  insertOperator,
  insertOperatorRole,
} from '../../store/queries/operators.ts';
import { deletePasskeysOf } from '../../store/queries/passkeys.ts';
import { findPersonByStaffCode } from '../../store/queries/people.ts';
import { findRootUnit, insertUnit } from '../../store/queries/units.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { type AdministrationDeps, changedMeanwhile, readOrganisation, recordAct } from '../administration.ts';
import { findNewPasswordFault, type NewPasswordFault } from '../passwords/new-password.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { contextOf } from '../secrets/keyring.ts';
import { hashToken, newToken, type SessionOrigin, type WebSessions } from '../web/sessions.ts';
import { demandSecondFact, refuseMaker, type SecondFact, secondFactOf } from './second-fact.ts';
import { operatorCodes } from './sign-in.ts';

const hour = 3_600_000;
const firstLinkMs = 24 * hour;
/** How long a begun enrolment may be finished. */
const ticketMs = 20 * 60_000;

export interface EnrolmentDeps extends Omit<AdministrationDeps, 'by'> {
  readonly passwords: Passwords;
  readonly sessions: WebSessions;
}

/** A link for the first operator; null when there is one already. Earlier such links are void from now on. */
export async function createFirstLink(
  deps: Pick<AdministrationDeps, 'store' | 'clock' | 'random'>,
): Promise<{ readonly token: string; readonly expiresAt: number } | null> {
  const now = deps.clock.now();
  const token = newToken(deps.random);
  const expiresAt = now + firstLinkMs;
  const isMade = await deps.store.write(async (db) => {
    if (await hasOperators(db)) return false;
    await voidOneTimeLinks(db, null, now);
    await insertOneTimeLink(db, {
      tokenHash: hashToken(token),
      purpose: 'first-operator',
      createdBy: 'command line',
      createdAt: now,
      expiresAt,
    });
    return true;
  });
  return isMade ? { token, expiresAt } : null;
}

/** What a link is for; null when it is none any more. */
export interface LinkPurpose {
  readonly purpose: OneTimeLinkRow['purpose'];
  readonly expiresAt: number;
  /** Of a later operator; null for the first, who says it. */
  readonly operator: { readonly signInName: string; readonly fullName: string } | null;
  /** Whether the store holds units: otherwise the first operator names the organisation's. */
  readonly hasUnits: boolean;
  /** What has to be given beside the link; null: nothing. */
  readonly secondFact: SecondFact | null;
}

/** Who shows a link: where from, and as which operator their browser is signed in, if it is. */
export interface LinkReader {
  readonly address: string;
  readonly operatorId: number | null;
}

async function openLink(store: Pick<Store, 'read'>, token: string, now: number) {
  return store.read(async (db) => {
    const link = await findOneTimeLink(db, hashToken(token), now);
    if (link === null) return null;
    if (link.purpose === 'first-operator' && (await hasOperators(db))) return null;
    const operator = link.operatorId === null ? null : await findOperator(db, link.operatorId);
    if (link.operatorId !== null && operator?.state !== 'active') return null;
    const secondFact = await secondFactOf(db, link, operator);
    return { link, operator, hasUnits: (await findRootUnit(db)) !== null, secondFact };
  });
}

/** @throws OperatorError for whoever made or approved it */
export async function findLink(
  deps: Pick<EnrolmentDeps, 'store' | 'clock'>,
  token: string,
  reader: LinkReader,
): Promise<LinkPurpose | null> {
  const found = await openLink(deps.store, token, deps.clock.now());
  if (found === null) return null;
  const { link, operator, hasUnits, secondFact } = found;
  await refuseMaker(deps, link, reader.operatorId, reader.address);
  return {
    purpose: link.purpose,
    expiresAt: link.expiresAt,
    operator: operator === null ? null : { signInName: operator.signInName, fullName: operator.fullName },
    hasUnits,
    secondFact,
  };
}

/** What the first operator says of themselves. */
export interface FirstPerson {
  readonly staffCode: string;
  readonly fullName: string;
  readonly position: string | null;
  readonly signInName: string;
  /** The unit at the root, where the store holds none. */
  readonly unit: { readonly code: string; readonly name: string } | null;
}

/** An enrolment begun: kept sealed by the browser until it is finished, so that nothing half-made lies in the store. */
interface Ticket {
  readonly linkId: number;
  readonly expiresAt: number;
  readonly seed: string;
  readonly passwordPhc: string;
  readonly signInName: string;
  readonly person: FirstPerson | null;
}

const ticketContext = 'operator-enrolment';

export interface BegunEnrolment {
  readonly ticket: string;
  readonly secret: string;
  readonly uri: string;
}

const passwordFaults: Readonly<Record<NewPasswordFault, string>> = {
  'too-short': 'has fewer than 12 characters',
  'too-long': 'has more than 106 characters',
  'not-printable-ascii': 'holds characters other than printable ASCII',
  'space-at-the-ends': 'begins or ends with a space',
  common: 'is among the first that would be guessed',
  'derived-from-owner': "is derived from your or the organisation's name",
};

function refuse(at: string, message: string, remedy: string): never {
  throw new OperatorError(message, { at, remedy });
}

function textOf(at: string, value: string, longest: number): string {
  const text = value.trim().normalize('NFC').replace(/\s+/g, ' ');
  if (text === '' || text.length > longest || /\p{Cc}/u.test(text)) {
    refuse(at, `${at} is no text of up to ${longest} characters.`, 'Write it as on paper.');
  }
  return text;
}

function checkFirstPerson(given: FirstPerson): FirstPerson {
  const { unit } = given;
  return {
    staffCode: textOf('staffCode', given.staffCode, 64),
    fullName: textOf('fullName', given.fullName, 200),
    position: given.position === null ? null : textOf('position', given.position, 200),
    signInName: given.signInName,
    unit:
      unit === null
        ? null
        : { code: textOf('unit.code', unit.code, 64), name: textOf('unit.name', unit.name, 200) },
  };
}

function signInNameOf(given: string): string {
  const name = canonicalUserName(given.trim().normalize('NFC'), { realms: [] });
  if (!name.ok)
    refuse('signInName', `${userNameFaultTexts[name.fault]}.`, 'Take letters, digits, dots, such as nvduc.');
  return name.userName;
}

/**
 * Begins: checks what was given, hashes the password, draws a seed. Nothing is stored; the answer's ticket holds it sealed.
 * @returns null when the link is none any more
 * @throws OperatorError for what the reader can correct
 */
export async function beginEnrolment(
  deps: EnrolmentDeps,
  order: {
    readonly link: string;
    readonly password: string;
    readonly secondFact?: string;
    readonly person: FirstPerson | null;
  },
  reader: LinkReader,
): Promise<BegunEnrolment | null> {
  const { store, clock, random, keyring, passwords } = deps;
  const found = await openLink(store, order.link, clock.now());
  if (found === null) return null;
  await refuseMaker(deps, found.link, reader.operatorId, reader.address);
  const isFirst = found.link.purpose === 'first-operator';
  if (isFirst && order.person === null)
    refuse('person', 'The first operator is not named.', 'Give name and staff code.');
  const person = isFirst && order.person !== null ? checkFirstPerson(order.person) : null;
  if (person !== null && !found.hasUnits && person.unit === null) {
    refuse('person.unit', 'There is no unit yet.', "Give code and name of the organisation's own unit.");
  }
  const signInName = found.operator?.signInName ?? signInNameOf(person?.signInName ?? '');
  const organisation = await readOrganisation(store);
  const names = [
    signInName,
    organisation.name,
    person?.fullName ?? found.operator?.fullName ?? '',
    person?.staffCode ?? found.operator?.staffCode ?? '',
  ];
  const fault = findNewPasswordFault(order.password, names);
  if (fault !== null) {
    refuse(
      'password',
      `The password ${passwordFaults[fault]}.`,
      'Take twelve characters or more, best four or five words that do not belong together.',
    );
  }
  // Last of what is checked, since it may spend a code.
  const { link, operator } = found;
  await demandSecondFact(deps, { link, operator, text: order.secondFact }, reader.address);
  const passwordPhc = await passwords.hash(order.password);
  if (passwordPhc === null) {
    refuse('password', 'Too many passwords are being hashed just now.', 'Try again in a moment.');
  }
  const seed = generateSeed(random, operatorCodes.algorithm);
  const issuer = `${organisation.name.replaceAll(':', ' ').trim() || 'Gatewarden'} (console)`;
  const ticket: Ticket = {
    linkId: found.link.id,
    expiresAt: clock.now() + ticketMs,
    seed: seed.toString('base64'),
    passwordPhc,
    signInName,
    person,
  };
  const begun = {
    ticket: keyring.seal(Buffer.from(JSON.stringify(ticket)), ticketContext).toString('base64url'),
    secret: encodeBase32(seed),
    uri: otpauthUri({ issuer, account: signInName, seed, parameters: operatorCodes }),
  };
  seed.fill(0);
  return begun;
}

function openTicket({ keyring }: Pick<EnrolmentDeps, 'keyring'>, text: string): Ticket | null {
  try {
    return JSON.parse(keyring.open(Buffer.from(text, 'base64url'), ticketContext).toString('utf8')) as Ticket;
  } catch {
    return null;
  }
}

async function personOf(db: Db, person: FirstPerson, now: number): Promise<number> {
  const known = await findPersonByStaffCode(db, person.staffCode);
  if (known !== null) return known.id;
  const root = await findRootUnit(db);
  const { unit } = person;
  const unitId =
    root?.id ??
    (unit === null
      ? null
      : await insertUnit(db, {
          code: unit.code,
          name: unit.name,
          nameSearchKey: nameSearchKey(unit.name),
          parentId: null,
        }));
  if (unitId === null) throw new Error('there is no unit');
  const ids = await insertPeople(db, [
    {
      staffCode: person.staffCode,
      fullName: person.fullName,
      nameSearchKey: nameSearchKey(person.fullName),
      nameSortKey: nameSortKey(person.fullName),
      kind: 'public-employee',
      position: person.position,
      unitId,
      createdAt: now,
    },
  ]);
  const personId = ids.get(person.staffCode);
  if (personId === undefined) throw new Error('the person was not inserted');
  await insertEmployment(db, [
    {
      personId,
      kind: 'hired',
      effectiveAt: now,
      source: 'first-operator',
      sourceKey: person.staffCode,
      recordedAt: now,
    },
  ]);
  return personId;
}

export type FinishedEnrolment =
  | { readonly kind: 'signed-in'; readonly token: string; readonly operatorId: number }
  | { readonly kind: 'code-wrong' }
  | { readonly kind: 'link-refused' };

/**
 * Finishes with a code that the new authenticator shows: uses the link up, makes the operator (the first is a central
 * administrator) and begins a session, all or nothing.
 */
export async function finishEnrolment(
  deps: EnrolmentDeps,
  order: { readonly link: string; readonly ticket: string; readonly code: string },
  origin: Omit<SessionOrigin, 'method'> & Pick<LinkReader, 'operatorId'>,
): Promise<FinishedEnrolment> {
  const { store, clock, keyring, sessions } = deps;
  const now = clock.now();
  const ticket = openTicket(deps, order.ticket);
  const found = await openLink(store, order.link, now);
  if (ticket === null || found === null || ticket.linkId !== found.link.id || ticket.expiresAt <= now) {
    return { kind: 'link-refused' };
  }
  const { operatorId: askedBy, ...from } = origin;
  await refuseMaker(deps, found.link, askedBy, from.address);
  const hadCredentials = found.operator !== null && found.operator.passwordPhc !== null;
  const seed = Buffer.from(ticket.seed, 'base64');
  const match = matchCode({
    key: seedKey(seed),
    parameters: operatorCodes,
    code: order.code,
    receivedAt: now,
    window: { back: 1, ahead: 1 },
    lastStep: -1,
    driftSteps: 0,
    floorAt: 0,
  });
  if (match.kind !== 'match') return { kind: 'code-wrong' };
  const { signInName, passwordPhc, person } = ticket;
  const sealedSeed = keyring.seal(seed, contextOf.operatorSeed(signInName));
  seed.fill(0);
  return store.write(async (db): Promise<FinishedEnrolment> => {
    const used = { redeemedFrom: from.address, replacedCredentials: hadCredentials };
    if (!(await useOneTimeLink(db, found.link.id, now, used))) return { kind: 'link-refused' };
    let operatorId: number;
    if (found.operator !== null) {
      operatorId = found.operator.id;
      if (
        !(await changeOperator(db, found.operator, {
          passwordPhc,
          sealedSeed,
          lastStep: match.timeStep,
          oidcSubject: null,
        }))
      ) {
        throw changedMeanwhile('The operator');
      }
      await clearOperatorCounters(db, operatorId);
      await sessions.endAll(db, { operatorId });
      // Whoever needs a link has lost what they had: a passkey on it opens nothing any more, nor does a link to the provider.
      await deletePasskeysOf(db, operatorId);
    } else {
      if (person === null || (await hasOperators(db))) return { kind: 'link-refused' };
      if ((await findOperatorByName(db, signInName)) !== null) return { kind: 'link-refused' };
      const personId = await personOf(db, person, now);
      operatorId = await insertOperator(db, {
        personId,
        signInName,
        state: 'active',
        passwordPhc,
        sealedSeed,
        createdAt: now,
      });
      await insertOperatorRole(db, {
        operatorId,
        role: 'central-administrator',
        validFrom: now,
        createdAt: now,
      });
      await claimOperatorStep(db, operatorId, match.timeStep);
    }
    const { token } = await sessions.begin(db, { operatorId }, { ...from, method: 'link' });
    const record = await recordAct(
      db,
      { name: signInName, via: 'console' },
      {
        verb: found.operator === null ? 'operator.create-first' : 'operator.enroll',
        at: now,
        body: { operatorId, linkId: found.link.id, hadCredentials, secondFact: found.secondFact },
        personal: { address: from.address, madeBy: found.link.createdBy },
      },
    );
    if (hadCredentials) {
      const evidence = {
        operator: signInName,
        madeBy: found.link.createdBy,
        madeAt: found.link.createdAt,
        tookTwo: found.link.approvedByOperatorId !== null,
        secondFact: found.secondFact,
        network: networkOf(from.address),
      };
      await raiseAlert(db, {
        rule: 'operator-link-used',
        accountId: null,
        evidence: JSON.stringify(evidence),
        at: now,
        ...record,
      });
    }
    return { kind: 'signed-in', token, operatorId };
  });
}
