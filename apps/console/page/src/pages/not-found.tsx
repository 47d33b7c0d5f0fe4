import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { Page } from '../components/page.tsx';
import { EmptyState } from '../components/states.tsx';

export default function NotFoundPage() {
  return (
    <Page title="There is no such page">
      <EmptyState title="Nothing is at this address">
        <Anchor component={Link} href="/" size="sm">
          Go to the overview
        </Anchor>
      </EmptyState>
    </Page>
  );
}
