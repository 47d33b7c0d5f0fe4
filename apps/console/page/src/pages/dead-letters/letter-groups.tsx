import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import type { LetterGroup } from '../../../../src/contract/dead-letters.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { formatCount, formatMoment } from '../../components/format.ts';
import { figureColumn } from '../../components/number-columns.ts';

const columns: readonly Column<LetterGroup>[] = [
  {
    key: 'code',
    title: 'Code',
    width: [180, 2],
    sortBy: ({ code }) => code,
    render: ({ code, stage }) => (
      <Anchor
        component={Link}
        href={`/dead-letters?code=${encodeURIComponent(code)}&stage=${encodeURIComponent(stage)}`}
        size="sm"
      >
        {code}
      </Anchor>
    ),
  },
  {
    key: 'stage',
    title: 'Stage',
    width: [100, 1],
    sortBy: ({ stage }) => stage,
    render: ({ stage }) => stage,
  },
  figureColumn({
    key: 'letters',
    title: 'Letters',
    width: [90, 1],
    value: ({ letters }) => letters,
    format: formatCount,
  }),
  {
    key: 'first',
    title: 'First',
    width: [215, 1],
    sortBy: ({ first }) => first,
    render: ({ first }) => formatMoment(first),
  },
  {
    key: 'last',
    title: 'Last',
    width: [215, 1],
    sortBy: ({ last }) => last,
    render: ({ last }) => formatMoment(last),
  },
];

export function LetterGroups({ groups }: { readonly groups: readonly LetterGroup[] }) {
  return (
    <DataTable
      label="Dead letters by reason"
      columns={columns}
      rows={groups}
      rowKey={({ stage, code }) => `${stage}/${code}`}
      rowHeight={38}
      maxHeight={320}
    />
  );
}
