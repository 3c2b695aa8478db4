// Asks before an act that counts: names the object and the effect, takes a reason where one is due.
import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Fault } from './fault.tsx';

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
  const { opened, onClose, title, effect, act, onConfirm, reasonLabel } = props;
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isReasonMissing = props.isReasonRequired === true && reason.trim() === '';

  function close() {
    setReason('');
    setError(null);
    onClose();
  }

  async function confirm() {
    setBusy(true);
    setError(null);
    try {
      await onConfirm(reason.trim());
      close();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened={opened} onClose={close} title={<Text fw={600}>{title}</Text>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReasonMissing) void confirm();
        }}
      >
        <Stack>
          {typeof effect === 'string' ? <Text>{effect}</Text> : effect}
          {reasonLabel === undefined ? null : (
            <Textarea
              label={reasonLabel}
              required={props.isReasonRequired === true}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              autosize
              minRows={2}
              maxLength={500}
              data-autofocus
            />
          )}
          <Fault error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('act.cancel')}
            </Button>
            <Button
              type="submit"
              color={props.isDangerous === true ? 'red' : undefined}
              loading={isBusy}
              disabled={isReasonMissing}
            >
              {act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
