// What stands around every page of the console: menu by role, search, who is signed in, asking for a code again.
import { Menu } from '@mantine/core';
import { Link, Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../api/session.ts';
import { call } from '../shared/api.ts';
import { Go } from '../shared/link.tsx';
import { type MenuItem, Shell } from '../shared/shell.tsx';
import { StepUp } from '../shared/step-up.tsx';
import { menu } from './menu.ts';
import { proveByProvider } from './parts/oidc.ts';
import { canUsePasskeys, provePasskey, usePasskeys } from './parts/passkeys.ts';
import { useIsSample } from './parts/sample-removal.tsx';
import { SearchBox } from './parts/search-box.tsx';
import { useCan, useSession, useSignOut } from './session.tsx';

/** The seven items; one with a single page is that page. */
function useMenu(): MenuItem[] {
  const { t } = useTranslation();
  const can = useCan();
  return menu.flatMap(({ name, icon, pages }): MenuItem[] => {
    const shown = pages.filter(({ needs }) => can(needs));
    const [first] = shown;
    if (first === undefined) return [];
    if (pages.length === 1) return [{ label: t(`menu.${name}`), icon, to: first.to }];
    return [
      {
        label: t(`menu.${name}`),
        icon,
        children: shown.map((page) => ({ label: t(`page.${page.name}`), to: page.to })),
      },
    ];
  });
}

function Banner() {
  const { t } = useTranslation();
  const can = useCan();
  if (!useIsSample()) return null;
  return (
    <div className="sample" role="note">
      {t('app.sample')} {can('sample.remove') ? <Go to="/organisation">{t('app.sampleLink')}</Go> : null}
    </div>
  );
}

export function Frame() {
  const { t } = useTranslation();
  const session = useSession();
  const signOut = useSignOut();
  const items = useMenu();
  const [role] = session.roles;
  const hasPasskey = (usePasskeys().data?.items.length ?? 0) > 0;
  return (
    <StepUp
      verify={(code) => call<Session>('POST', '/session/step-up', { body: { code } })}
      others={[
        ...(hasPasskey && canUsePasskeys
          ? [{ label: t('signIn.passkey'), verify: () => provePasskey('/session/step-up/passkey') }]
          : []),
        ...(session.oidc?.isLinked === true ? [{ label: t('oidc.prove'), verify: proveByProvider }] : []),
      ]}
    >
      <Shell
        areas={['common', 'console']}
        product={t('app.product')}
        items={items}
        search={<SearchBox />}
        personName={session.operator.fullName}
        personRole={
          role === undefined
            ? t('role.none')
            : [t(`role.${role.role}`), role.unit?.name].filter((part) => part !== undefined).join(' · ')
        }
        personMenu={
          <Menu.Item component={Link} to="/me">
            {t('page.me')}
          </Menu.Item>
        }
        onSignOut={() => void signOut(session)}
        banner={<Banner />}
      >
        <Outlet />
      </Shell>
    </StepUp>
  );
}
