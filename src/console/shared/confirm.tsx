// Asks before an act that counts: names the object and the effect, takes a reason where one is due.
import { Text, Textarea } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { FormDialog } from './form-dialog.tsx';

interface ConfirmProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** What will be done to what: "Thu hồi 12 tài khoản và ngắt 3 phiên". */
  readonly title: string;
  readonly effect: ReactNode;
  /** The verb on the button. */
  readonly act: string;
  readonly isDangerous?: boolean;
  /** Label of the reason's field; without one no reason is asked for. */
  readonly reasonLabel?: string;
  readonly isReasonRequired?: boolean;
  /** A rejection is shown and the dialog stays. */
  readonly onConfirm: (reason: string) => Promise<unknown>;
}

export function Confirm(props: ConfirmProps) {
  const { opened, onClose, title, effect, act, onConfirm, reasonLabel, isDangerous = false } = props;
  const [reason, setReason] = useState('');
  const isReasonRequired = props.isReasonRequired === true;

  function close() {
    setReason('');
    onClose();
  }

  return (
    <FormDialog
      opened={opened}
      onClose={close}
      title={title}
      act={act}
      isDangerous={isDangerous}
      isIncomplete={isReasonRequired && reason.trim() === ''}
      onSubmit={async () => {
        await onConfirm(reason.trim());
        close();
      }}
    >
      {typeof effect === 'string' ? <Text>{effect}</Text> : effect}
      {reasonLabel === undefined ? null : (
        <Textarea
          label={reasonLabel}
          required={isReasonRequired}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          autosize
          minRows={2}
          maxLength={500}
          data-autofocus
        />
      )}
    </FormDialog>
  );
}
