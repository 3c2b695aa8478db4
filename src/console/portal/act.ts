// One act at a time: busy while it runs, its refusal kept to be shown.
import { useState } from 'react';

export function useAct() {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function run(act: () => Promise<void>): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await act();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  }
  return { isBusy, error, run };
}
