// Logins without pause, from many accounts at once, every answer judged: what a fault must not disturb.
import type { Gateway, Reply } from './gateway.ts';
import type { Ledger } from './ledger.ts';
import type { People } from './people.ts';
import { after } from './until.ts';

export interface LoadOptions {
  readonly people: People;
  readonly gateway: Gateway;
  readonly ledger: Ledger;
  /** Where the next request goes; asked for each. */
  readonly port: () => number;
  /** Requests under way at a time. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Requests per second at most. */
  readonly perSecond?: number;
  /** Share of requests that use a spent code again. */
  readonly replays?: number;
}

export interface Load {
  readonly accepts: number;
  readonly silences: number;
  readonly latencies: number[];
  /** Answers that must not be: a Reject of a fresh code, an Accept of a spent one. */
  readonly faults: string[];
  /** Sends nothing more; resolves when all that is under way has ended. */
  stop(): Promise<void>;
}

interface Holder {
  /** The last step that was sent. */
  last: number;
  /** Sent, and nothing came back: whether it was spent is unknown. */
  unsure: number | null;
  /** Spent for certain. */
  spent: number | null;
}

/** Each account belongs to one of the lines of work, so that nobody races with himself here. */
export function startLoad(options: LoadOptions): Load {
  const { people, gateway, ledger, port, concurrency, timeoutMs, perSecond, replays = 0.1 } = options;
  const holders: Holder[] = Array.from({ length: people.count }, () => ({
    last: 0,
    unsure: null,
    spent: null,
  }));
  const faults: string[] = [];
  const latencies: number[] = [];
  let accepts = 0;
  let silences = 0;
  let isStopping = false;
  const pauseMs = perSecond === undefined ? 0 : (concurrency * 1000) / perSecond;

  function note(account: number, step: number, reply: Reply, isReplay: boolean): void {
    if (reply.kind === 'silence') {
      silences += 1;
      return;
    }
    latencies.push(reply.ms);
    if (reply.kind === 'accept') {
      accepts += 1;
      ledger.accepted(account, step, reply.reference);
      if (isReplay) faults.push(`account ${account}: the spent code of step ${step} was accepted`);
    } else if (reply.kind === 'reject') ledger.rejected(reply.lookupCode);
    else faults.push(`account ${account}: a challenge nobody asked for`);
  }

  /** False: no code of the account can be used at the moment. */
  async function work(account: number): Promise<boolean> {
    const holder = holders[account];
    if (holder === undefined) return false;
    if (holder.spent !== null && Math.random() < replays) {
      const { spent } = holder;
      note(account, spent, await send(account, spent), true);
      return true;
    }
    const again = people.nextStep(account, holder.last - 1) === holder.last ? holder.unsure : null;
    const step = again ?? people.nextStep(account, holder.last);
    if (step === null) return false;
    ledger.attempt(account, step);
    holder.last = step;
    const reply = await send(account, step);
    note(account, step, reply, false);
    if (reply.kind === 'reject' && again === null) {
      faults.push(`account ${account}: the fresh code of step ${step} was refused (${reply.lookupCode})`);
    }
    holder.unsure = reply.kind === 'silence' ? step : null;
    if (reply.kind !== 'silence') holder.spent = step;
    return true;
  }

  function send(account: number, step: number): Promise<Reply> {
    return gateway.login(port(), people.login(account, people.code(account, step)), timeoutMs);
  }

  async function run(line: number): Promise<void> {
    await after(Math.random() * pauseMs);
    let idle = 0;
    for (let account = line; !isStopping; account = (account + concurrency) % people.count) {
      // Numbers go round within the line's own share.
      if (account % concurrency !== line) account = line;
      const startedAt = performance.now();
      if (await work(account)) idle = 0;
      else idle += 1;
      if (idle > people.count / concurrency) {
        idle = 0;
        await after(100);
      }
      const leftMs = startedAt + pauseMs - performance.now();
      if (idle === 0 && leftMs > 0) await after(leftMs);
    }
  }

  const lines = Promise.all(Array.from({ length: concurrency }, (_, line) => run(line)));
  return {
    get accepts() {
      return accepts;
    },
    get silences() {
      return silences;
    },
    latencies,
    faults,
    async stop() {
      isStopping = true;
      await lines;
    },
  };
}
