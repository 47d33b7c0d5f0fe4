import { Button } from '@mantine/core';

interface MoreButtonProps {
  /** An infinite query. */
  readonly pages: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
}

/** Reads the next page, while there is one. */
export function MoreButton({ pages: { hasNextPage, isFetchingNextPage, fetchNextPage } }: MoreButtonProps) {
  if (!hasNextPage) return null;
  return (
    <Button
      variant="default"
      className="start"
      loading={isFetchingNextPage}
      onClick={() => void fetchNextPage()}
    >
      More
    </Button>
  );
}
