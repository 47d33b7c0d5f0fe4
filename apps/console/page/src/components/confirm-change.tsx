import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { Sentence } from './sentence.tsx';

interface ConfirmChangeProps {
  readonly opened: boolean;
  readonly title: string;
  /** What the change does, and to how much. */
  readonly children: ReactNode;
  /** The change as a verb: "Redrive 12 letters". */
  readonly action: string;
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before a change. It stays open with the reason when the server refuses. */
export function ConfirmChange({ opened, title, children, action, onConfirm, onClose }: ConfirmChangeProps) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Error>();

  const close = () => {
    setFailure(undefined);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await onConfirm();
      close();
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal
      opened={opened}
      onClose={close}
      title={title}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <Text component="div" size="sm">
          {children}
        </Text>
        {failure && (
          <Alert color="red" title="The server refused it" role="alert">
            <Sentence text={failure.message} />
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button loading={busy} onClick={() => void confirm()}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
