import { Group, Select, Stack, Text } from '@mantine/core';
import { diffLines } from 'diff';
import { useMemo } from 'react';
import type { SubjectDetails } from '../../../../src/contract/schemas.ts';
import { EmptyState } from '../../components/states.tsx';
import { useParameter } from '../../components/use-parameter.ts';

interface Line {
  readonly change: 'added' | 'removed' | 'same';
  readonly text: string;
}

const signs = { added: '+', removed: '−', same: '' } as const;

/** What changed from one version to another, line by line. */
export default function Difference({ details: { versions } }: { readonly details: SubjectDetails }) {
  const [oldText, setOld] = useParameter('from');
  const [newText, setNew] = useParameter('to');
  const older = versions.find(({ version }) => String(version) === oldText) ?? versions.at(-2);
  const newer = versions.find(({ version }) => String(version) === newText) ?? versions.at(-1);
  const lines = useMemo(() => linesOf(older?.avsc ?? '', newer?.avsc ?? ''), [older, newer]);
  if (!older || !newer) {
    return (
      <EmptyState title="There is one version only">
        A difference is shown as soon as a second version is registered.
      </EmptyState>
    );
  }
  const choices = versions.map(({ version }) => String(version));
  const changes = lines.filter(({ change }) => change !== 'same').length;
  return (
    <Stack gap="md">
      <Group gap="md" align="flex-end">
        <Select
          label="From version"
          allowDeselect={false}
          data={choices}
          w={130}
          value={String(older.version)}
          onChange={(value) => {
            setOld(value ?? '');
          }}
        />
        <Select
          label="To version"
          allowDeselect={false}
          data={choices}
          w={130}
          value={String(newer.version)}
          onChange={(value) => {
            setNew(value ?? '');
          }}
        />
        <Text size="sm" c="dimmed" role="status">
          {changes === 0 ? 'No line differs' : `${changes} lines differ`}
        </Text>
      </Group>
      <div className="record-text" tabIndex={0} role="region" aria-label="Difference">
        {lines.map(({ change, text }, index) => (
          <div key={index} className="diff-line" data-change={change}>
            <span
              aria-label={change === 'same' ? undefined : change}
              role={change === 'same' ? undefined : 'img'}
            >
              {signs[change]}
            </span>
            <span>{text || ' '}</span>
          </div>
        ))}
      </div>
    </Stack>
  );
}

function linesOf(older: string, newer: string): readonly Line[] {
  return diffLines(older, newer).flatMap(({ added, removed, value }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((text): Line => ({ change: added ? 'added' : removed ? 'removed' : 'same', text })),
  );
}
