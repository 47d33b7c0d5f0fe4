import { Alert, Button, Group, List, Stack, Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { SubjectDetails } from '../../../../src/contract/schemas.ts';
import { call } from '../../api/http.ts';
import { ErrorState } from '../../components/states.tsx';

/** Asks the registry whether a schema could be the next version; nothing is registered. */
export function CompatibilityCheck({ details }: { readonly details: SubjectDetails }) {
  const { subject, versions, compatibility } = details;
  const [schema, setSchema] = useState('');
  const check = useMutation({
    mutationFn: () =>
      call('POST /api/schemas/:subject/compatibility', { params: { subject }, body: { schema } }),
  });
  return (
    <Stack gap="md">
      <Textarea
        label="Schema"
        description="Avro as JSON. It is only compared: nothing is registered."
        placeholder='{"type": "record", "name": "User", "fields": []}'
        autosize
        minRows={10}
        maxRows={24}
        spellCheck={false}
        classNames={{ input: 'code-input' }}
        value={schema}
        onChange={(event) => {
          setSchema(event.currentTarget.value);
          check.reset();
        }}
      />
      <Group>
        <Button
          disabled={schema.trim() === ''}
          loading={check.isPending}
          onClick={() => {
            check.mutate();
          }}
        >
          Check
        </Button>
        <Button
          variant="default"
          onClick={() => {
            setSchema(versions.at(-1)?.avsc ?? '');
            check.reset();
          }}
        >
          Begin with the newest version
        </Button>
      </Group>
      {check.error && <ErrorState title="The schema cannot be checked" error={check.error} />}
      {check.data && (
        <Alert
          role="status"
          color={check.data.compatible ? 'teal' : 'red'}
          variant="light"
          title={check.data.compatible ? 'It could be the next version' : 'It cannot be the next version'}
        >
          <Text size="sm">Checked by {compatibility ?? 'the level common to all subjects'}.</Text>
          {check.data.messages.length > 0 && (
            <List size="sm" mt="xs">
              {check.data.messages.map((message, index) => (
                <List.Item key={index} className="wrap-anywhere">
                  {message}
                </List.Item>
              ))}
            </List>
          )}
        </Alert>
      )}
    </Stack>
  );
}
