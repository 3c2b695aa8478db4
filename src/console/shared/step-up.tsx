// Dangerous acts ask for a code once more: the act waits, the code is given, the act is done.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from './api.ts';
import { Fault } from './fault.tsx';
import { useSubmit } from './submit.ts';

type Act = <T>(work: () => Promise<T>) => Promise<T>;

const StepUpContext = createContext<Act>((work) => work());

/** Does some work; if the server wants a code first, asks for it and does the work again. */
export const useAct = (): Act => useContext(StepUpContext);

interface StepUpProps {
  /** Hands the code to the server. @throws ApiError if it is wrong */
  readonly verify: (code: string) => Promise<unknown>;
  /** Other ways than a code, a passkey say. */
  readonly others: readonly { readonly label: string; readonly verify: () => Promise<unknown> }[];
  readonly children: ReactNode;
}

const isWanted = (error: unknown) => error instanceof ApiError && error.code === 'step-up-required';

export function StepUp({ verify, others, children }: StepUpProps) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [code, setCode] = useState('');
  const { isBusy, error, run, forget } = useSubmit();
  const waiting = useRef<{ done: () => void; refused: (error: unknown) => void } | null>(null);

  const act = useCallback<Act>(
    async (work) => {
      try {
        return await work();
      } catch (refused) {
        if (!isWanted(refused)) throw refused;
        await new Promise<void>((done, giveUp) => {
          waiting.current = { done, refused: giveUp };
          setCode('');
          forget();
          setOpen(true);
        });
        return await work();
      }
    },
    [forget],
  );

  const confirm = (proof: () => Promise<unknown>) =>
    run(async () => {
      await proof();
      setOpen(false);
      waiting.current?.done();
    });

  function close() {
    setOpen(false);
    waiting.current?.refused(new ApiError(403, { detail: t('stepUp.needed') }));
  }

  return (
    <StepUpContext.Provider value={act}>
      {children}
      <Modal opened={isOpen} onClose={close} title={<Text fw={600}>{t('term.stepUp')}</Text>} zIndex={400}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void confirm(() => verify(code));
          }}
        >
          <Stack>
            <Text>{t('stepUp.why')}</Text>
            <CodeInput value={code} onChange={setCode} />
            <Fault error={error} />
            <Group justify="flex-end">
              {others.map((other) => (
                <Button
                  key={other.label}
                  variant="default"
                  loading={isBusy}
                  onClick={() => void confirm(other.verify)}
                >
                  {other.label}
                </Button>
              ))}
              <Button type="submit" loading={isBusy} disabled={code.length < 6}>
                {t('act.continue')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </StepUpContext.Provider>
  );
}

interface CodeInputProps {
  readonly value: string;
  readonly onChange: (code: string) => void;
  readonly label?: string;
  readonly error?: string | undefined;
}

/** The code of an app or token: digits only, also when pasted with a space. */
export function CodeInput({ value, onChange, label, error }: CodeInputProps) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={label ?? t('term.oneTimeCode')}
      description={t('code.hint')}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value.replaceAll(/\D/g, '').slice(0, 8))}
      error={error}
      inputMode="numeric"
      autoComplete="one-time-code"
      required
      data-autofocus
    />
  );
}
