// One act at a time: busy while it runs, its refusal kept to be shown.
import { useCallback, useState } from 'react';

/** `onRefused` hears of a refusal as well: to mark the fields that it names, say. */
export function useSubmit(onRefused?: (refused: unknown) => void) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function run(work: () => Promise<unknown>): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (refused) {
      onRefused?.(refused);
      setError(refused);
    } finally {
      setBusy(false);
    }
  }
  const forget = useCallback(() => setError(null), []);
  return { isBusy, error, run, forget };
}
