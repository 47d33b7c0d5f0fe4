import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { useRole } from '../api/session.ts';

interface OperatorButtonProps extends Omit<ButtonProps, 'onClick'> {
  readonly onClick: () => void;
  readonly children: ReactNode;
  /** Why it cannot be done now, besides the viewer's role. */
  readonly blocked?: string | undefined;
}

/** A button of a change. Where it may not be used it says why, on pointing at it, on focus and to a screen reader. */
export function OperatorButton({ onClick, children, blocked, ...props }: OperatorButtonProps) {
  const role = useRole();
  const reason =
    role === 'operator' ? blocked : 'Only an operator may do this: you are signed in as a viewer.';
  if (reason === undefined) {
    return (
      <Button {...props} onClick={onClick}>
        {children}
      </Button>
    );
  }
  return (
    <Tooltip label={reason} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      <Button
        {...props}
        data-disabled
        aria-disabled
        aria-description={reason}
        onClick={(event) => {
          event.preventDefault();
        }}
      >
        {children}
      </Button>
    </Tooltip>
  );
}
