// Every page of the console with its address; each is loaded when it is first opened.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  stringifySearchWith,
} from '@tanstack/react-router';
import { Frame } from './frame.tsx';
import { NotFound } from './pages/not-found.tsx';

const root = createRootRoute({
  component: Frame,
  notFoundComponent: NotFound,
  // Filters are plain words: everything in the address stays text.
  validateSearch: (search: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(Object.entries(search).map(([name, value]) => [name, String(value)])),
});

// biome-ignore format: one line a page
const pages = [
  ['/tasks', lazyRouteComponent(() => import('./pages/tasks.tsx'))],
  ['/accounts', lazyRouteComponent(() => import('./pages/accounts.tsx'))],
  ['/accounts/new', lazyRouteComponent(() => import('./pages/account-new.tsx'))],
  ['/accounts/$id', lazyRouteComponent(() => import('./pages/account.tsx'))],
  ['/people', lazyRouteComponent(() => import('./pages/people.tsx'))],
  ['/people/$id', lazyRouteComponent(() => import('./pages/person.tsx'))],
  ['/assignments', lazyRouteComponent(() => import('./pages/assignments.tsx'))],
  ['/assignments/$id', lazyRouteComponent(() => import('./pages/assignment.tsx'))],
  ['/workstations', lazyRouteComponent(() => import('./pages/workstations.tsx'))],
  ['/hardware-tokens', lazyRouteComponent(() => import('./pages/hardware-tokens.tsx'))],
  ['/rollout', lazyRouteComponent(() => import('./pages/rollout.tsx'))],
  ['/', lazyRouteComponent(() => import('./pages/overview.tsx'))],
  ['/sessions', lazyRouteComponent(() => import('./pages/sessions.tsx'))],
  ['/attempts', lazyRouteComponent(() => import('./pages/attempts.tsx'))],
  ['/attempts/$record', lazyRouteComponent(() => import('./pages/attempt.tsx'))],
  ['/what-if', lazyRouteComponent(() => import('./pages/what-if.tsx'))],
  ['/events', lazyRouteComponent(() => import('./pages/events.tsx'))],
  ['/sources', lazyRouteComponent(() => import('./pages/sources.tsx'))],
  ['/imports', lazyRouteComponent(() => import('./pages/imports.tsx'))],
  ['/alerts', lazyRouteComponent(() => import('./pages/alerts.tsx'))],
  ['/audit', lazyRouteComponent(() => import('./pages/audit.tsx'))],
  ['/gateways', lazyRouteComponent(() => import('./pages/gateways.tsx'))],
  ['/gateways/new', lazyRouteComponent(() => import('./pages/gateway-new.tsx'))],
  ['/gateways/$name', lazyRouteComponent(() => import('./pages/gateway.tsx'))],
  ['/organisation', lazyRouteComponent(() => import('./pages/organisation.tsx'))],
  ['/units', lazyRouteComponent(() => import('./pages/units.tsx'))],
  ['/policies', lazyRouteComponent(() => import('./pages/policies.tsx'))],
  ['/policies/$scope', lazyRouteComponent(() => import('./pages/policy.tsx'))],
  ['/calendar', lazyRouteComponent(() => import('./pages/calendar.tsx'))],
  ['/delegations', lazyRouteComponent(() => import('./pages/delegations.tsx'))],
  ['/health', lazyRouteComponent(() => import('./pages/health.tsx'))],
  ['/operators', lazyRouteComponent(() => import('./pages/operators.tsx'))],
  ['/tokens', lazyRouteComponent(() => import('./pages/api-tokens.tsx'))],
  ['/me', lazyRouteComponent(() => import('./pages/me.tsx'))],
] as const;

export const router = createRouter({
  routeTree: root.addChildren(
    pages.map(([path, component]) => createRoute({ getParentRoute: () => root, path, component })),
  ),
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: stringifySearchWith(String),
  defaultPreload: false,
});
