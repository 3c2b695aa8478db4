// A dialog that is filled in and sent: busy while it is sent; what was refused is shown, and the dialog stays.
import { Button, Group, Modal, type ModalProps, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Fault } from './fault.tsx';
import { useSubmit } from './submit.ts';

interface FormDialogProps {
  readonly title: string;
  readonly opened?: boolean;
  readonly onClose: () => void;
  /** The verb on the button. */
  readonly act: string;
  readonly isDangerous?: boolean;
  /** Nothing can be sent yet. */
  readonly isIncomplete?: boolean;
  readonly size?: ModalProps['size'];
  readonly onSubmit: () => Promise<unknown>;
  readonly onRefused?: (refused: unknown) => void;
  readonly children: ReactNode;
}

export function FormDialog(props: FormDialogProps) {
  const { title, opened = true, isDangerous = false, isIncomplete = false, size = 'md' } = props;
  const { t } = useTranslation();
  const { isBusy, error, run, forget } = useSubmit(props.onRefused);
  function close() {
    forget();
    props.onClose();
  }
  return (
    <Modal opened={opened} onClose={close} size={size} title={<Text fw={600}>{title}</Text>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isIncomplete) void run(props.onSubmit);
        }}
      >
        <Stack>
          {props.children}
          <Fault error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('act.cancel')}
            </Button>
            <Button
              type="submit"
              color={isDangerous ? 'red' : undefined}
              loading={isBusy}
              disabled={isIncomplete}
            >
              {props.act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
