// Who may do what: the one table of permissions and roles that drives the HTTP API, and how far a role reaches.
//
// A role is held for a unit (and all below it) or for the whole organisation. A route declares one permission; what the
// permission reaches is the union of what the operator's roles in force reach.

export const roles = [
  'central-administrator',
  'unit-administrator',
  'head-of-unit',
  'help-desk',
  'duty',
  'auditor',
] as const;

export type Role = (typeof roles)[number];

interface Rule {
  readonly roles: readonly Role[];
  /** Done only shortly after the operator has proved once more who it is; never by a token. */
  readonly stepUp?: true;
  /** Never done by a token: what it yields opens an account for whoever has it, and is handed from one person to another. */
  readonly byPersonOnly?: true;
}

const central = 'central-administrator';
const unit = 'unit-administrator';
const head = 'head-of-unit';
const helpDesk = 'help-desk';
const duty = 'duty';
const auditor = 'auditor';

/** The table. Whoever may act may also read, so every act's role stands in the reading line of its noun too. */
export const permissions = {
  'overview.read': { roles },
  'search.use': { roles },
  'account.read': { roles },
  'account.create': { roles: [central, unit] },
  'account.set-term': { roles: [central, unit] },
  'account.set-first-factor': { roles: [central], stepUp: true },
  'account.suspend': { roles: [central, unit, head, duty] },
  'account.reinstate': { roles: [central, unit, head] },
  'account.withdraw': { roles: [central, unit, head], stepUp: true },
  'account.reset-authenticator': { roles: [central, unit], stepUp: true },
  'account.activate': { roles: [central, unit] },
  'account.print-slip': { roles: [central, unit], byPersonOnly: true },
  'person.read': { roles },
  'person.edit': { roles: [central, unit] },
  'unit.read': { roles },
  'unit.edit': { roles: [central], stepUp: true },
  'workstation.read': { roles },
  'workstation.edit': { roles: [central, unit] },
  'workstation.revoke': { roles: [central, unit, head] },
  'assignment.read': { roles },
  'assignment.edit': { roles: [central, unit] },
  'session.read': { roles },
  'session.cut': { roles: [central, unit, head, duty] },
  'decision.read': { roles },
  'decision.simulate': { roles: [central, unit, helpDesk, auditor] },
  'alert.read': { roles },
  'lifecycle.read': { roles: [central, unit, head, auditor] },
  'lifecycle.enter': { roles: [central, unit] },
  'lifecycle.decide': { roles: [central], stepUp: true },
  'lifecycle.undo': { roles: [central], stepUp: true },
  'source.read': { roles: [central, auditor] },
  'source.edit': { roles: [central], stepUp: true },
  'import.read': { roles: [central, auditor] },
  'import.run': { roles: [central], stepUp: true },
  'sample.remove': { roles: [central], stepUp: true },
  'request.read': { roles },
  'request.create': { roles: [central, unit, head, helpDesk] },
  'request.decide': { roles: [central, head], stepUp: true },
  'token-stock.read': { roles: [central, unit, auditor] },
  'token-stock.edit': { roles: [central, unit] },
  'gateway.read': { roles: [central, helpDesk, auditor] },
  'gateway.edit': { roles: [central], stepUp: true },
  'policy.read': { roles },
  'policy.edit': { roles: [central], stepUp: true },
  'calendar.read': { roles },
  'calendar.edit': { roles: [central] },
  'operator.read': { roles: [central, unit, head, auditor] },
  'operator.edit': { roles: [central], stepUp: true },
  'delegation.edit': { roles: [central, head], stepUp: true },
  'api-token.read': { roles: [central, auditor] },
  'api-token.edit': { roles: [central], stepUp: true },
  'audit.read': { roles: [central, auditor] },
  'audit.export': { roles: [central, auditor], stepUp: true },
  'health.read': { roles: [central, auditor, duty] },
} as const satisfies Record<string, Rule>;

export type Permission = keyof typeof permissions;

export function needsStepUp(permission: Permission): boolean {
  return (permissions[permission] as Rule).stepUp === true;
}

/** Permissions that a token may be given: none of those that ask for a person. A token that was given more once has them no longer. */
export const tokenPermissions = (Object.keys(permissions) as Permission[]).filter(
  (permission) => !needsStepUp(permission) && (permissions[permission] as Rule).byPersonOnly !== true,
);

/** A role as it is held now. */
export interface HeldRole {
  readonly role: Role;
  /** Path of the unit (`/1/7/`) below which it counts; null: the whole organisation. */
  readonly unitPath: string | null;
}

/** `everywhere`, or the paths of units below which a permission counts, none of them below another. */
export type Reach = 'everywhere' | readonly string[];

/** Within what the roles may do a thing; null: nowhere. */
export function reachOf(permission: Permission, held: readonly HeldRole[]): Reach | null {
  const rule: Rule = permissions[permission];
  const granting = held.filter(({ role }) => rule.roles.includes(role));
  if (granting.length === 0) return null;
  const paths = granting.map(({ unitPath }) => unitPath);
  if (paths.includes(null)) return 'everywhere';
  const named = [...new Set(paths.filter((path) => path !== null))];
  return named.filter((path) => !named.some((other) => other !== path && path.startsWith(other)));
}

/** Whether a unit lies within reach. */
export function reaches(reach: Reach, unitPath: string): boolean {
  return reach === 'everywhere' || reach.some((path) => unitPath.startsWith(path));
}
/** Roles that make sense for the whole organisation, and those that make sense for a unit. */
export const roleScopes: Readonly<Record<Role, { readonly organisation: boolean; readonly unit: boolean }>> =
  {
    'central-administrator': { organisation: true, unit: false },
    'unit-administrator': { organisation: false, unit: true },
    'head-of-unit': { organisation: false, unit: true },
    'help-desk': { organisation: true, unit: true },
    duty: { organisation: true, unit: true },
    auditor: { organisation: true, unit: true },
  };
