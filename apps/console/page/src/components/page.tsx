import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';

interface PageProps {
  readonly title: string;
  /** One line on what the page is for. */
  readonly description?: ReactNode;
  /** The pages above this one. */
  readonly parents?: readonly { readonly title: string; readonly href: string }[];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of every page: its title, which is also the browser's, the way up, and its actions. */
export function Page({ title, description, parents = [], actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Sluice`;
  }, [title]);
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        {parents.length > 0 && (
          <Breadcrumbs component="nav" aria-label="Breadcrumb">
            {parents.map(({ title: name, href }) => (
              <Anchor key={href} component={Link} href={href} size="sm">
                {name}
              </Anchor>
            ))}
          </Breadcrumbs>
        )}
        <Group justify="space-between" align="flex-start" gap="sm">
          <Stack gap={2} className="shrinkable">
            <Title order={1} size="h2" className="wrap-anywhere">
              {title}
            </Title>
            {description && (
              <Text c="dimmed" size="sm" maw={760}>
                {description}
              </Text>
            )}
          </Stack>
          {actions && (
            <Group gap="xs" className="actions">
              {actions}
            </Group>
          )}
        </Group>
      </Stack>
      {children}
    </Stack>
  );
}
