// The seven items of the menu, and which permission each page needs: what an operator may not read is not shown.

import type { Permission } from '../../api/session.ts';
import type { IconName } from '../shared/icons.tsx';

interface PageEntry {
  readonly to: string;
  /** Key of its name under `page`. */
  readonly name: string;
  readonly needs: Permission;
}

interface MenuGroup {
  /** Key of its name under `menu`. */
  readonly name: string;
  readonly icon: IconName;
  readonly pages: readonly PageEntry[];
}

export const menu: readonly MenuGroup[] = [
  { name: 'overview', icon: 'home', pages: [{ to: '/', name: 'overview', needs: 'overview.read' }] },
  { name: 'tasks', icon: 'inbox', pages: [{ to: '/tasks', name: 'tasks', needs: 'request.read' }] },
  {
    name: 'accounts',
    icon: 'people',
    pages: [
      { to: '/accounts', name: 'accounts', needs: 'account.read' },
      { to: '/people', name: 'people', needs: 'person.read' },
      { to: '/assignments', name: 'assignments', needs: 'assignment.read' },
      { to: '/workstations', name: 'workstations', needs: 'workstation.read' },
      { to: '/hardware-tokens', name: 'hardwareTokens', needs: 'token-stock.read' },
      { to: '/rollout', name: 'rollout', needs: 'account.read' },
    ],
  },
  {
    name: 'connections',
    icon: 'plug',
    pages: [
      { to: '/sessions', name: 'sessions', needs: 'session.read' },
      { to: '/attempts', name: 'attempts', needs: 'decision.read' },
      { to: '/what-if', name: 'whatIf', needs: 'decision.simulate' },
    ],
  },
  {
    name: 'changes',
    icon: 'flow',
    pages: [
      { to: '/events', name: 'events', needs: 'lifecycle.read' },
      { to: '/sources', name: 'sources', needs: 'source.read' },
      { to: '/imports', name: 'imports', needs: 'import.read' },
    ],
  },
  {
    name: 'reports',
    icon: 'bell',
    pages: [
      { to: '/alerts', name: 'alerts', needs: 'alert.read' },
      { to: '/audit', name: 'audit', needs: 'audit.read' },
    ],
  },
  {
    name: 'system',
    icon: 'gear',
    pages: [
      { to: '/gateways', name: 'gateways', needs: 'gateway.read' },
      { to: '/policies', name: 'policies', needs: 'policy.read' },
      { to: '/calendar', name: 'calendar', needs: 'calendar.read' },
      { to: '/units', name: 'units', needs: 'unit.edit' },
      { to: '/organisation', name: 'organisation', needs: 'import.run' },
      { to: '/delegations', name: 'delegations', needs: 'operator.read' },
      { to: '/health', name: 'health', needs: 'health.read' },
      { to: '/operators', name: 'operators', needs: 'operator.read' },
      { to: '/tokens', name: 'tokens', needs: 'api-token.read' },
    ],
  },
];
