import { Button } from '@mantine/core';
import { OperatorButton } from './operator-button.tsx';

interface RevealButtonProps {
  /** Whether what is shown has personal fields that are masked. */
  readonly masked: boolean;
  readonly revealed: boolean;
  readonly loading: boolean;
  readonly onChange: (revealed: boolean) => void;
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
