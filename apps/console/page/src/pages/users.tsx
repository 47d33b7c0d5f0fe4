import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { useHistoryState } from 'wouter/use-browser-location';
import { call } from '../api/http.ts';
import { useSession } from '../api/session.ts';
import { Page } from '../components/page.tsx';
import { RevealButton } from '../components/reveal-button.tsx';
import { Section } from '../components/section.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';
import { UserRow } from './users/user-row.tsx';
import { UserTable } from './users/user-table.tsx';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The rows at the end of the pipeline. A uuid names a person: it is sent in bodies, and kept out of the address. */
export default function UsersPage() {
  const { pipeline } = useSession();
  const state = useHistoryState<{ uuid?: string } | null>();
  const [uuid, setUuid] = useState(state?.uuid);
  return (
    <Page
      title="Users"
      description={`The rows of ${pipeline.table}. Personal fields are masked until an operator reveals them.`}
    >
      <LookUp key={uuid} initial={uuid ?? ''} onLookUp={setUuid} />
      {uuid !== undefined && <FoundUser key={`user ${uuid}`} uuid={uuid} />}
      <UserTable onChoose={setUuid} />
    </Page>
  );
}

interface LookUpProps {
  readonly initial: string;
  readonly onLookUp: (uuid: string) => void;
}

function LookUp({ initial, onLookUp }: LookUpProps) {
  const [text, setText] = useState(initial);
  const [wrong, setWrong] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const uuid = text.trim().toLowerCase();
    setWrong(!UUID.test(uuid));
    if (UUID.test(uuid)) onLookUp(uuid);
  };
  return (
    <form onSubmit={submit} aria-label="Look up a user">
      <Group align="flex-start" gap="sm">
        <TextInput
          label="uuid"
          placeholder="00000000-0000-0000-0000-000000000000"
          autoComplete="off"
          spellCheck={false}
          w={360}
          maw="100%"
          value={text}
          error={wrong ? 'A uuid has 32 hexadecimal digits in five groups' : undefined}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setWrong(false);
          }}
        />
        <Button type="submit" mt={25}>
          Look up
        </Button>
      </Group>
    </form>
  );
}

function FoundUser({ uuid }: { readonly uuid: string }) {
  const [reveal, setReveal] = useState(false);
  const query = useQuery({
    queryKey: ['user', uuid, reveal],
    queryFn: ({ signal }) => call('POST /api/users/lookup', { body: { uuid, reveal } }, signal),
    staleTime: Infinity,
    gcTime: 0,
  });
  const masked = query.data?.user?.fields.some((field) => field.masked) ?? false;
  return (
    <Section
      title="The row"
      description={uuid}
      actions={
        <RevealButton masked={masked} revealed={reveal} loading={query.isFetching} onChange={setReveal} />
      }
    >
      <Loaded what="row" query={query}>
        {({ user }) =>
          user ? (
            <Stack gap="md">
              {reveal && (
                <Alert color="orange" variant="light" p="xs">
                  <Text size="sm">Personal fields are shown; that is written to the log of changes.</Text>
                </Alert>
              )}
              <UserRow user={user} />
            </Stack>
          ) : (
            <EmptyState title="There is no row of this uuid">
              The user was deleted, waits to be written, or never came. Look for the uuid as a key in the
              topic’s messages.
            </EmptyState>
          )
        }
      </Loaded>
    </Section>
  );
}
