import { Component, type ReactNode } from 'react';
import { ErrorState } from './states.tsx';

interface PageBoundaryProps {
  readonly children: ReactNode;
}

interface PageBoundaryState {
  readonly error?: Error;
}

/** Keeps a page that fails from taking the others with it, such as one whose script is gone after an update. */
export class PageBoundary extends Component<PageBoundaryProps, PageBoundaryState> {
  override state: PageBoundaryState = {};

  static getDerivedStateFromError(error: Error): PageBoundaryState {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <ErrorState
        title="This page cannot be shown"
        error={error}
        onRetry={() => {
          location.reload();
        }}
      />
    );
  }
}
