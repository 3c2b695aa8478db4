// What came of an attempt to bring a tunnel up.

export interface TunnelAttempt {
  /** The client says that its tunnel is up and configured. */
  readonly up: boolean;
  /** What the client has printed. */
  output(): string;
  /** Ends the client and its tunnel, if there is one. */
  close(): Promise<void>;
}
