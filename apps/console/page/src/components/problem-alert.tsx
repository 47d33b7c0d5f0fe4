import { Alert, Text } from '@mantine/core';
import type { Problem } from '../../../src/contract/common.ts';

/** What a part of the page says of a server that is away. */
export function ProblemAlert({ what, problem }: { readonly what: string; readonly problem: Problem }) {
  return (
    <Alert color="red" variant="light" title={what}>
      <Text size="sm" className="wrap-anywhere sentence">
        {problem.message}
      </Text>
      <Text size="sm" className="wrap-anywhere sentence">
        {problem.action}
      </Text>
    </Alert>
  );
}
