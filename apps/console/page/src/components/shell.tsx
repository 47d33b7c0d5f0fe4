import { Anchor, AppShell, Burger, Group, NavLink, ScrollArea, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { areas } from '../areas.ts';
import { ConnectionState, StaleNotice } from './connection-state.tsx';
import { SessionMenu } from './session-menu.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

/** What surrounds every page: the way to the areas, who is signed in, and whether the figures are live. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [location] = useLocation();
  const [opened, { toggle, close }] = useDisclosure(false);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  // A new page begins at its top, and a screen reader goes on there.
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    close();
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [location, close]);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a href="#main" className="skip-link">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? 'Close the navigation' : 'Open the navigation'}
              aria-expanded={opened}
            />
            <Anchor
              component={Link}
              href="/"
              underline="never"
              c="inherit"
              aria-label="Sluice console, overview"
            >
              <Group gap={8} wrap="nowrap">
                <img src="/favicon.svg" alt="" width={26} height={26} />
                <Text fw={700} size="lg">
                  Sluice
                </Text>
              </Group>
            </Anchor>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ConnectionState />
            <ThemeSwitch />
            <SessionMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Areas" className="areas" data-closed={!opened || undefined}>
        <ScrollArea>
          {areas.map(({ href, title, Icon }) => {
            const active = href === '/' ? location === '/' : location.startsWith(href);
            return (
              <NavLink
                key={href}
                component={Link}
                href={href}
                label={title}
                active={active}
                aria-current={active ? 'page' : undefined}
                leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
                className="area-link"
                onClick={close}
              />
            );
          })}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1}>
        <StaleNotice />
        {children}
      </AppShell.Main>
    </AppShell>
  );
}
