/** What a figure shall be: at most or at least so much. */
export type Goal = { most: number } | { least: number };

/** A start, or a latency, as a part of the bare one's time; a throughput as a part of the bare one's. */
export const GOALS = {
  coldStart: { most: 0.2 },
  coldStartP99: { most: 0.5 },
  coldStartSdk: { most: 0.2 },
  coldStartJava: { most: 1.1 },
  /** Milliseconds more than the bare start. */
  coldStartCustom: { most: 2 },
  burst: { most: 0.35 },
  scaleOut: { least: 3 },
  warmP50: { most: 2.5 },
  warmP99: { most: 4 },
  throughput: { least: 0.35 },
  customRuntime: { least: 0.25 },
  payload: { least: 0.6 },
  idleMemoryNode: { most: 0.25 },
  idleMemoryPython: { most: 0.5 },
  serverReady: { most: 4 },
  serverReadyStored: { most: 1.3 },
  registeredWarm: { most: 1.1 },
  registeredCreate: { most: 1.3 },
  registeredList: { most: 1.5 },
  /** Bytes for each function. */
  registeredMemory: { most: 2_048 },
  sqsSend: { least: 0.4 },
  sqsDrain: { least: 1 },
  sqsDepth: { most: 1.2 },
  /** Milliseconds. */
  sqsExpiryStall: { most: 50 },
  /** Of what nginx adds to a bare server. */
  httpApiAdded: { most: 0.5 },
  httpApiRoutes: { most: 1.1 },
  queueDrain: { least: 0.7 },
  /** Milliseconds. */
  queueLatencyP50: { most: 1.5 },
  queueLatencyP99: { most: 10 },
  eventsThroughput: { least: 0.5 },
  /** Milliseconds. */
  eventsLatencyP50: { most: 2 },
  patternsQuamina: { least: 1 },
  patternsQuaminaOthers: { least: 0.5 },
  patternsEventRuler: { least: 3 },
  /** Of the speed with ten. */
  patternsRules: { least: 0.65 },
} as const satisfies Record<string, Goal>;

export const isMet = (goal: Goal, figure: number): boolean => ("most" in goal ? figure <= goal.most : figure >= goal.least);
