import { Alert } from '@mantine/core';
import type { Problem } from '../../../src/contract/common.ts';
import { Sentence } from './sentence.tsx';

/** What a part of the page says of a server that is away. */
export function ProblemAlert({ what, problem }: { readonly what: string; readonly problem: Problem }) {
  return (
    <Alert color="red" variant="light" title={what}>
      <Sentence text={problem.message} />
      <Sentence text={problem.action} />
    </Alert>
  );
}
