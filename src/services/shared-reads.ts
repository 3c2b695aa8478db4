// Reads that many ask for at the same moment, done once for all of them.

/**
 * `read`, shared: whoever asks while it is under way for the same key gets the next one with all others who do. What is read is
 * therefore never older than the question, and nothing is kept.
 */
export function shareReads<V>(read: (key: string) => Promise<V>): (key: string) => Promise<V> {
  const waiting = new Map<string, Promise<V>>();
  const underWay = new Map<string, Promise<unknown>>();

  async function readOnce(key: string): Promise<V> {
    await underWay.get(key);
    // Whatever arrives in this turn of the event loop goes along.
    await new Promise((resolve) => setImmediate(resolve));
    waiting.delete(key);
    const reading = read(key);
    const over = reading.then(
      () => {},
      () => {},
    );
    underWay.set(key, over);
    void over.then(() => {
      if (underWay.get(key) === over) underWay.delete(key);
    });
    return await reading;
  }

  return (key) => {
    const shared = waiting.get(key) ?? readOnce(key);
    waiting.set(key, shared);
    return shared;
  };
}
