// What came of an attempt to bring a tunnel up.

export interface TunnelAttempt {
  /** The client says that its tunnel is up and configured. */
  readonly up: boolean;
  /** What the client has printed. */
  output(): string;
  /** True once what it prints matches; false when it ended or the time passed without it. */
  printed(pattern: RegExp, deadlineMs: number): Promise<boolean>;
  /** Ends the client and its tunnel, if there is one. */
  close(): Promise<void>;
}
