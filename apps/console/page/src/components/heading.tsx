import { Group, Stack, Text, Title, type TitleOrder, type TitleSize } from '@mantine/core';
import type { ReactNode } from 'react';

interface HeadingProps {
  readonly order: TitleOrder;
  readonly size: TitleSize;
  readonly id?: string;
  readonly title: string;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
}

/** A title with what it is for below it and its actions beside it, or below it where there is no room. */
export function Heading({ order, size, id, title, description, actions }: HeadingProps) {
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Stack gap={2} className="shrinkable">
        <Title order={order} size={size} id={id} className="wrap-anywhere">
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
  );
}
