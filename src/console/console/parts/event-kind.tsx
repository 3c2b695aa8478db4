// A personnel event in words.
import { useTranslation } from 'react-i18next';
import type { LifecycleEvent } from '../../../api/lifecycle.ts';

/** What an event is, in the words of personnel papers. */
export function EventKind({ event }: { readonly event: Pick<LifecycleEvent, 'kind' | 'detail'> }) {
  const { t } = useTranslation();
  const { kind, detail } = event;
  return (
    <>
      {t(`event.kind.${kind}`)}
      {detail === null ? '' : ` (${t(`event.detail.${detail}`, { defaultValue: detail })})`}
    </>
  );
}
