import { Paper, SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly note?: ReactNode;
  readonly tone?: 'plain' | 'good' | 'bad' | undefined;
}

/** One number with its name. Its box keeps its size while the number changes. */
export function Figure({ label, value, note, tone = 'plain' }: FigureProps) {
  return (
    <Paper withBorder px="md" py="sm" className="figure" data-tone={tone}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={650} size="xl" className="figure-value">
        {value}
      </Text>
      {note && (
        <Text size="xs" c="dimmed" component="div">
          {note}
        </Text>
      )}
    </Paper>
  );
}

/** Figures side by side, fewer in a row where the page is narrow. */
export function Figures({ children, label }: { readonly children: ReactNode; readonly label: string }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" role="group" aria-label={label}>
      {children}
    </SimpleGrid>
  );
}
