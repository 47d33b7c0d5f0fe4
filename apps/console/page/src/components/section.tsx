import { Paper, Stack } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import { Heading } from './heading.tsx';

interface SectionProps {
  readonly title: string;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** One part of a page, as a landmark with a heading. */
export function Section({ title, description, actions, children }: SectionProps) {
  const id = useId();
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={id} className="shrinkable">
      <Stack gap="md">
        <Heading order={2} size="h4" id={id} title={title} description={description} actions={actions} />
        {children}
      </Stack>
    </Paper>
  );
}
