// Entries as they wait in the staging area: checked, in one spelling each, referring to each other by natural keys. No secret in clear.
import type { OtpParameters } from '../../core/otp.ts';
import type { PolicyLayer } from '../../core/policy.ts';
import type { EntryKind } from './schema.ts';

export interface StagedOrganisation {
  readonly name?: string;
  readonly timeZone?: string;
  readonly realms?: readonly string[];
  readonly rulesVersion?: number;
}

export interface StagedUnit {
  readonly code: string;
  readonly name: string;
  /** Null: a root. Absent: where it is; a new one is a root. */
  readonly parent?: string | null;
}

export interface StagedEmployment {
  readonly kind: 'hired' | 'returned' | 'leave' | 'ended' | 'moved' | 'duties-changed';
  readonly detail: string | null;
  readonly effectiveAt: number;
  readonly document: string | null;
}

export interface StagedPerson {
  readonly staffCode: string;
  readonly fullName: string;
  readonly givenName: string | null;
  readonly nameSearchKey: string;
  readonly nameSortKey: string;
  readonly unit: string;
  readonly kind: 'civil-servant' | 'public-employee' | 'worker' | 'external';
  readonly position: string | null;
  readonly employment: readonly StagedEmployment[];
}

export interface StagedAssignment {
  readonly number: string;
  readonly unit: string;
  readonly documentDate: number;
  readonly signatory: string;
  readonly purpose: string;
  readonly dataScope: string;
  readonly validFrom: number;
  readonly validUntil: number | null;
}

export interface StagedWorkstation {
  readonly assetTag: string;
  readonly name: string;
  readonly kind: 'personal' | 'shared' | 'spare';
  readonly unit: string;
  readonly keeper: string | null;
  readonly state?: 'active' | 'retired' | 'lost';
  /** `type:value`, sorted. */
  readonly identifiers: readonly string[];
}

export interface StagedAuthenticator extends OtpParameters {
  readonly kind: 'app' | 'token';
  readonly serialNumber: string | null;
  /** Base64; sealed in the context `stagedSeedContext` of the import. */
  readonly sealedSeed: string;
}

export interface StagedAccount {
  readonly userName: string;
  readonly staffCode: string;
  readonly status?: 'pending' | 'active' | 'withdrawn';
  readonly validFrom: number;
  readonly validUntil: number;
  /** Absent: as it is. */
  readonly phc?: string;
  readonly passwordState?: 'usable' | 'compromised' | 'change-required';
  /** `policy`: it has none of its own. */
  readonly firstFactor?: string;
  readonly rulesVersionAccepted?: number;
  readonly suspended?:
    | 'none'
    | 'by-unit'
    | 'by-centre'
    | 'by-holder'
    | 'case'
    | 'leak'
    | 'review'
    | 'dormant';
  readonly authenticators: readonly StagedAuthenticator[];
  readonly assignments: readonly { readonly number: string; readonly unit?: string }[];
  readonly workstations: readonly {
    readonly assetTag: string;
    readonly validFrom: number;
    readonly validUntil: number | null;
  }[];
}

export interface StagedRadiusClient {
  readonly name: string;
  /** CIDR in its canonical spelling; null: over TLS only. */
  readonly prefix: string | null;
  /** JSON (TlsRule); null: not over TLS. */
  readonly tlsRule: string | null;
  /** Base64, sealed for its place. Absent: as it is. */
  readonly sealedSecret?: string;
  readonly requireMessageAuthenticator: 'always' | 'auto' | 'never';
  /** Whether the file says so, or the profiles of its gateways do; the latter never weakens what is in force. */
  readonly isRequirementStated: boolean;
  readonly neverReason: string | null;
  readonly limitProxyState: boolean;
  readonly isLimitStated: boolean;
}

export interface StagedGateway {
  readonly name: string;
  readonly client: string;
  readonly profile: string;
  /** Canonical JSON. */
  readonly profileOverrides: string | null;
  readonly nasIdentifier: string | null;
  readonly nasIpAddress: string | null;
  /** Null: the file does not say, and what was set stays. */
  readonly coaAddress: string | null;
  readonly coaPort: number | null;
  readonly control: string | null;
  readonly unit: string | null;
}

export interface StagedPolicy {
  readonly scope: { readonly unit?: string; readonly gateway?: string };
  readonly layer: Omit<PolicyLayer, 'gatewayUnits'>;
  /** Codes; null: all; absent: the layer does not say. */
  readonly gatewayUnits?: readonly string[] | null;
}

export interface StagedEntries {
  readonly organisation: StagedOrganisation;
  readonly unit: StagedUnit;
  readonly person: StagedPerson;
  readonly assignment: StagedAssignment;
  readonly workstation: StagedWorkstation;
  readonly account: StagedAccount;
  readonly radiusClient: StagedRadiusClient;
  readonly gateway: StagedGateway;
  readonly policy: StagedPolicy;
}

/** What identifies an entry among those of its kind. */
export const keyOf: { readonly [K in EntryKind]: (entry: StagedEntries[K]) => string } = {
  organisation: () => 'organisation',
  unit: (entry) => entry.code,
  person: (entry) => entry.staffCode,
  assignment: (entry) => assignmentKey(entry.number, entry.unit),
  workstation: (entry) => entry.assetTag,
  account: (entry) => entry.userName,
  radiusClient: (entry) => entry.name,
  gateway: (entry) => entry.name,
  policy: ({ scope }) => policyKey(scope),
};

/** Several units may give papers of the same number. */
export function assignmentKey(number: string, unit: string): string {
  return `${number} (${unit})`;
}

export function policyKey({ unit, gateway }: StagedPolicy['scope']): string {
  if (unit !== undefined) return `unit ${unit}`;
  return gateway === undefined ? 'organisation' : `gateway ${gateway}`;
}

/** Seeds wait under the import's own context: the account they will belong to may not exist yet. */
export function stagedSeedContext(importId: string): string {
  return `import:${importId}`;
}
