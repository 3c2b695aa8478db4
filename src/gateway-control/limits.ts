// How long a gateway may take, and how much it may say, to be believed.

export interface CommandLimits {
  /** Of the whole command, however its answer is spread over time. */
  readonly totalMs: number;
  /** Octets of all that comes meanwhile. */
  readonly octets: number;
}

export interface ControlLimits {
  /** The longest silence within a command. */
  readonly silenceMs: number;
  /** Connecting, and showing the password. */
  readonly opening: CommandLimits;
  /** The list of tunnels: some ten thousand. */
  readonly listing: CommandLimits;
  /** Ending whatever is to end: a thousand at a time. */
  readonly ending: CommandLimits;
}

/** Beyond them the conversation is over and nothing that was said in it counts: the order stays open and is tried again. */
export const usualLimits: ControlLimits = {
  silenceMs: 5_000,
  opening: { totalMs: 5_000, octets: 64 << 10 },
  listing: { totalMs: 10_000, octets: 32 << 20 },
  ending: { totalMs: 20_000, octets: 32 << 20 },
};

/** In words for the record. */
export function overTime({ totalMs }: CommandLimits): Error {
  return new Error(`it takes longer than ${totalMs / 1_000} s to answer`);
}

export function overSize({ octets }: CommandLimits): Error {
  return new Error(`its answer is longer than ${octets} octets`);
}
