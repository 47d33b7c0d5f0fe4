import { Button } from '@mantine/core';
import { ApiError } from '../api/http.ts';
import { OperatorButton } from './operator-button.tsx';

interface RevealButtonProps {
  /** Whether what is shown has personal fields that are masked. */
  readonly masked: boolean;
  readonly revealed: boolean;
  readonly loading: boolean;
  readonly onChange: (revealed: boolean) => void;
}

/** Whether a search was refused because the key that it looks for is masked. */
export function isKeyMasked(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'key-masked';
}

/** Shows personal fields, which is an operator's right and written to the log of changes, and masks them again. */
export function RevealButton({ masked, revealed, loading, onChange }: RevealButtonProps) {
  if (revealed && !loading) {
    return (
      <Button
        variant="default"
        onClick={() => {
          onChange(false);
        }}
      >
        Mask them again
      </Button>
    );
  }
  if (!masked) return null;
  return (
    <OperatorButton
      variant="default"
      loading={revealed}
      onClick={() => {
        onChange(true);
      }}
    >
      Reveal personal fields
    </OperatorButton>
  );
}
