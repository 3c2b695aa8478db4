// Every kind of entry by its name.
import type { EntryKind } from '../schema.ts';
import { accountKind } from './account.ts';
import { assignmentKind } from './assignment.ts';
import { organisationKind, unitKind } from './frame.ts';
import type { Kind } from './kind.ts';
import { gatewayKind, policyKind, radiusClientKind } from './network.ts';
import { personKind } from './person.ts';
import { workstationKind } from './workstation.ts';

export const kinds: { readonly [K in EntryKind]: Kind<K> } = {
  organisation: organisationKind,
  unit: unitKind,
  person: personKind,
  assignment: assignmentKind,
  workstation: workstationKind,
  account: accountKind,
  radiusClient: radiusClientKind,
  gateway: gatewayKind,
  policy: policyKind,
};
