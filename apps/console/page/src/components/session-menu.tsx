import { Button, Menu, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { IconLogout, IconUser } from '@tabler/icons-react';
import { useSession, useSignIn } from '../api/session.ts';

/** Who is signed in, and the way out. */
export function SessionMenu() {
  const { who, role, version } = useSession();
  const { signOut } = useSignIn();
  const leaving = useMutation({ mutationFn: signOut });
  return (
    <Menu position="bottom-end" withArrow withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button
          variant="default"
          size="sm"
          px="xs"
          leftSection={<IconUser size={16} aria-hidden />}
          aria-label={`Signed in as ${role ?? 'nobody'}`}
        >
          <Text span size="sm" visibleFrom="sm">
            {role}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {who} · version {version}
        </Menu.Label>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          closeMenuOnClick={false}
          onClick={() => {
            leaving.mutate();
          }}
        >
          {leaving.isError ? 'Sign out: try again' : 'Sign out'}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
