// The frame of every signed-in page: menu, search, switches, the person signed in, time zone and version in the footer.
import {
  AppShell,
  Box,
  Burger,
  Group,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
  VisuallyHidden,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ColourSwitch, LanguageSwitch } from './appearance.tsx';
import { timeZone } from './dates.ts';
import type { Area } from './i18n.ts';
import { Icon, type IconName } from './icons.tsx';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly to?: string;
  readonly count?: number | undefined;
  readonly children?: readonly MenuItem[];
}

interface ShellProps {
  readonly areas: readonly Area[];
  readonly product: string;
  readonly items: readonly MenuItem[];
  readonly search?: ReactNode;
  readonly personName: string;
  readonly personRole: string;
  readonly personMenu?: ReactNode;
  readonly onSignOut: () => void;
  readonly banner?: ReactNode;
  readonly children: ReactNode;
}

function isUnder(path: string, item: MenuItem): boolean {
  if (item.to !== undefined)
    return item.to === '/' ? path === '/' : path === item.to || path.startsWith(`${item.to}/`);
  return (item.children ?? []).some((child) => isUnder(path, child));
}

function Entry({ item, path, onGo }: { item: MenuItem; path: string; onGo: () => void }) {
  const isActive = isUnder(path, item);
  const common = {
    label: item.label,
    leftSection: item.icon === undefined ? undefined : <Icon name={item.icon} />,
    rightSection:
      item.count === undefined || item.count === 0 ? undefined : (
        <Text size="xs" fw={700}>
          {item.count}
        </Text>
      ),
  };
  if (item.to !== undefined) {
    return (
      <NavLink
        {...common}
        component={Link}
        to={item.to}
        active={isActive}
        aria-current={isActive ? 'page' : undefined}
        onClick={onGo}
      />
    );
  }
  return (
    <NavLink {...common} component="button" defaultOpened={isActive} childrenOffset={28}>
      {(item.children ?? []).map((child) => (
        <Entry key={child.label} item={child} path={path} onGo={onGo} />
      ))}
    </NavLink>
  );
}

export function Shell(props: ShellProps) {
  const { t } = useTranslation();
  const [isMenuOpen, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  // A new page begins at its top, also for screen readers.
  // biome-ignore lint/correctness/useExhaustiveDependencies: run for each path
  useEffect(() => {
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [path]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 250, breakpoint: 'md', collapsed: { mobile: !isMenuOpen } }}
      padding="md"
    >
      <a className="skip" href="#main">
        {t('shell.skip')}
      </a>
      <AppShell.Header px="sm">
        <Group h="100%" wrap="nowrap" justify="space-between" gap="xs">
          <Group wrap="nowrap" gap="xs">
            <Burger
              opened={isMenuOpen}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={t(isMenuOpen ? 'shell.closeMenu' : 'shell.openMenu')}
            />
            <Text fw={700} visibleFrom="sm" component="span">
              {props.product}
            </Text>
          </Group>
          {props.search}
          <Group wrap="nowrap" gap={4}>
            <LanguageSwitch areas={props.areas} />
            <ColourSwitch />
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <UnstyledButton p={6}>
                  <Box hiddenFrom="sm" lh={0}>
                    <Icon name="person" size={22} />
                    <VisuallyHidden>
                      {props.personName}, {props.personRole}
                    </VisuallyHidden>
                  </Box>
                  <Box visibleFrom="sm">
                    <Text size="sm" fw={600} truncate maw={200}>
                      {props.personName}
                    </Text>
                    <Text size="xs" c="dimmed" truncate maw={200}>
                      {props.personRole}
                    </Text>
                  </Box>
                </UnstyledButton>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Label hiddenFrom="sm">
                  {props.personName} · {props.personRole}
                </Menu.Label>
                {props.personMenu}
                <Menu.Item leftSection={<Icon name="out" />} onClick={props.onSignOut}>
                  {t('shell.signOut')}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t('shell.menu')}>
        <AppShell.Section grow component={ScrollArea}>
          {props.items.map((item) => (
            <Entry key={item.label} item={item} path={path} onGo={close} />
          ))}
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        {props.banner}
        {props.children}
        <Text component="footer" size="xs" c="dimmed" mt="xl" className="page">
          {t('shell.timeZone', { zone: timeZone() })}
        </Text>
      </AppShell.Main>
    </AppShell>
  );
}
