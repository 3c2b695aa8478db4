// The six pages of a signed-in holder, with the menu around them. Each page is loaded when it is first opened.
import { useQueryClient } from '@tanstack/react-query';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  RouterProvider,
  stringifySearchWith,
} from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalSession } from '../../api/portal.ts';
import { call } from '../shared/api.ts';
import type { IconName } from '../shared/icons.tsx';
import { Shell } from '../shared/shell.tsx';
import { HolderContext, useHolder } from './holder.ts';

const menu: readonly { readonly to: string; readonly name: string; readonly icon: IconName }[] = [
  { to: '/', name: 'home', icon: 'home' },
  { to: '/connections', name: 'connections', icon: 'plug' },
  { to: '/workstations', name: 'workstations', icon: 'computer' },
  { to: '/authenticators', name: 'authenticators', icon: 'key' },
  { to: '/requests', name: 'requests', icon: 'form' },
  { to: '/rules', name: 'rules', icon: 'help' },
];

function Frame() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { session, onSignedOut } = useHolder();
  async function signOut() {
    await call('DELETE', '/session').catch(() => {});
    client.clear();
    onSignedOut();
  }
  return (
    <Shell
      areas={['common', 'portal']}
      product={t('app.title')}
      items={menu.map(({ to, name, icon }) => ({ to, icon, label: t(`page.${name}`) }))}
      personName={session.fullName}
      personRole={session.userName}
      onSignOut={() => void signOut()}
    >
      <Outlet />
    </Shell>
  );
}

const home = lazyRouteComponent(() => import('./pages/home.tsx'));
const root = createRootRoute({
  component: Frame,
  notFoundComponent: home,
  validateSearch: (search: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(Object.entries(search).map(([name, value]) => [name, String(value)])),
});

// biome-ignore format: one line a page
const pages = [
  ['/', home],
  ['/connections', lazyRouteComponent(() => import('./pages/connections.tsx'))],
  ['/workstations', lazyRouteComponent(() => import('./pages/workstations.tsx'))],
  ['/authenticators', lazyRouteComponent(() => import('./pages/authenticators.tsx'))],
  ['/requests', lazyRouteComponent(() => import('./pages/requests.tsx'))],
  ['/rules', lazyRouteComponent(() => import('./pages/rules.tsx'))],
] as const;

const router = createRouter({
  routeTree: root.addChildren(
    pages.map(([path, component]) => createRoute({ getParentRoute: () => root, path, component })),
  ),
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: stringifySearchWith(String),
  defaultPreload: false,
});

export default function SignedIn({
  session,
  onRenewed,
  onSignedOut,
}: {
  readonly session: PortalSession;
  readonly onRenewed: (session: PortalSession) => void;
  readonly onSignedOut: () => void;
}) {
  const holder = useMemo(() => ({ session, onRenewed, onSignedOut }), [session, onRenewed, onSignedOut]);
  return (
    <HolderContext value={holder}>
      <RouterProvider router={router} />
    </HolderContext>
  );
}
