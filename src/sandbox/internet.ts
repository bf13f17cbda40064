/** How a sandbox with a network of its own reaches the internet. */
export interface Internet {
  /** Gives the network of this process a way out. Never rejects: a sandbox without one is a sandbox still. */
  connect(pid: number): Promise<Connection>;
}

export interface Connection {
  /** What pasta said, where there is no way out. */
  failure?: string;
  /** Also ends what is still being done for it. */
  close(): Promise<void>;
}

/** Names are resolved at this address inside; pasta asks the host's own resolvers. It is where AWS's VPC resolver answers. */
export const RESOLVER_ADDRESS = "169.254.169.253";
