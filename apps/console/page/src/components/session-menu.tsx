import { Button, Menu, Text } from '@mantine/core';
import { IconLogout, IconUser } from '@tabler/icons-react';
import { useSession, useSignIn } from '../api/session.ts';

/** Who is signed in, and the way out. */
export function SessionMenu() {
  const { who, role, version } = useSession();
  const { signOut } = useSignIn();
  return (
    <Menu position="bottom-end" withArrow>
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
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
