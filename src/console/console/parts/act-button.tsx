// A button for one act on one object: confirmation that names object and effect, reason, code if the server wants one, notice.
import { Button, type ButtonProps } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Confirm } from '../../shared/confirm.tsx';
import { useAct } from '../../shared/step-up.tsx';

interface ActButtonProps {
  /** The verb. */
  readonly label: string;
  readonly title: string;
  readonly effect: ReactNode;
  readonly done: string;
  readonly act: (reason: string) => Promise<unknown>;
  readonly isDangerous?: boolean;
  readonly reasonLabel?: string;
  readonly isReasonRequired?: boolean;
  readonly variant?: ButtonProps['variant'];
  readonly size?: ButtonProps['size'];
  readonly disabled?: boolean;
}

/** Whatever is shown may have changed after an act: everything on screen is asked for anew. */
export function useDone(): (text: string) => Promise<void> {
  const queryClient = useQueryClient();
  return async (text) => {
    notifications.show({ message: text, color: 'teal' });
    await queryClient.invalidateQueries();
  };
}

/** What is said once an act was done, or a second person was asked for it. */
export function useOutcome(): (answer: unknown, done: string) => string {
  const { t } = useTranslation();
  return (answer, done) =>
    typeof answer === 'object' && answer !== null && 'requestId' in answer ? t('account.asked') : done;
}

export function ActButton(props: ActButtonProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const act = useAct();
  const done = useDone();
  const outcome = useOutcome();
  const { isDangerous = false, variant = isDangerous ? 'outline' : 'default', size = 'sm' } = props;
  return (
    <>
      <Button
        variant={variant}
        size={size}
        color={isDangerous ? 'red' : undefined}
        disabled={props.disabled === true}
        onClick={() => setOpen(true)}
      >
        {props.label}
      </Button>
      <Confirm
        opened={isOpen}
        onClose={() => setOpen(false)}
        title={props.title}
        effect={props.effect}
        act={props.label}
        isDangerous={isDangerous}
        isReasonRequired={props.isReasonRequired ?? props.reasonLabel !== undefined}
        {...(props.reasonLabel === undefined ? {} : { reasonLabel: props.reasonLabel || t('term.reason') })}
        onConfirm={async (reason) => {
          const answer = await act(() => props.act(reason));
          await done(outcome(answer, props.done));
        }}
      />
    </>
  );
}
