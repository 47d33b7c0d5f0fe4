import { Anchor, Breadcrumbs, Stack } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { Heading } from './heading.tsx';

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
        <Heading order={1} size="h2" title={title} description={description} actions={actions} />
      </Stack>
      {children}
    </Stack>
  );
}
