// Connections to one database that stay open from one store to the next. To open one is a process of the server, which learns the
// database anew: that costs more than most tests do with it.
import { EventEmitter } from 'node:events';
import pg from 'pg';

export interface KeptConnections {
  /** The class of connections to give to a store. */
  readonly Client: typeof pg.Client;
  /** Waits until those that were ended are as new, and names the server's processes that are kept. */
  settle(): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** What the types of pg don't tell. */
interface Internals {
  readonly _queryable: boolean;
  readonly processID: number;
  readonly connection: { parsedStatements: object };
  _getActiveQuery(): unknown;
  getTransactionStatus(): string | null;
  ref(): void;
  unref(): void;
}

const internals = (client: pg.Client) => client as unknown as Internals;

export function keepConnections(): KeptConnections {
  /** By their limit of time: the one thing in which those of a store differ once `DISCARD ALL` has run. */
  const idle = new Map<number | undefined, pg.Client[]>();
  const ending = new Set<Promise<void>>();

  async function giveBack(client: pg.Client, limit: number | undefined): Promise<void> {
    const inner = internals(client);
    const isIdle = inner._queryable && inner.getTransactionStatus() === 'I' && !inner._getActiveQuery();
    if (!isIdle) return client.end();
    await client.query('DISCARD ALL');
    inner.connection.parsedStatements = {};
    inner.unref();
    idle.set(limit, [...(idle.get(limit) ?? []), client]);
  }

  function take(limit: number | undefined): pg.Client | undefined {
    const client = idle.get(limit)?.pop();
    if (client !== undefined) internals(client).ref();
    return client;
  }

  /** What a pool does with a connection; opening it takes one that is kept, and ending it gives it back. */
  class KeptClient extends EventEmitter {
    readonly #limit: number | undefined;
    readonly #kept: pg.Client | undefined;
    readonly #client: pg.Client;
    readonly #tell = (error: Error) => this.emit('error', error);

    constructor(config: pg.ClientConfig) {
      super();
      this.#limit = config.query_timeout;
      this.#kept = take(this.#limit);
      this.#client = this.#kept ?? new pg.Client(config);
      this.#client.on('error', this.#tell);
    }

    get connection() {
      return this.#client.connection;
    }

    get _queryable() {
      return internals(this.#client)._queryable;
    }

    connect(opened: (error: Error | null) => void): void {
      if (this.#kept === undefined) this.#client.connect(opened as (error: Error) => void);
      else process.nextTick(opened, null);
    }

    query(...parameters: unknown[]): unknown {
      return Reflect.apply(this.#client.query, this.#client, parameters);
    }

    end(ended: () => void): void {
      this.#client.off('error', this.#tell);
      // Nobody hears it while it is idle; unheard, it would end the process.
      if (this.#kept === undefined) this.#client.on('error', () => {});
      const over = giveBack(this.#client, this.#limit).finally(() => {
        ending.delete(over);
        ended();
      });
      ending.add(over);
    }
  }

  return {
    Client: KeptClient as unknown as typeof pg.Client,
    async settle() {
      await Promise.all(ending);
      return [...idle.values()].flat().map((client) => internals(client).processID);
    },
    async close() {
      await Promise.all(ending);
      await Promise.all([...idle.values()].flat().map((client) => client.end()));
    },
  };
}
