// Starts the runtime client for a function whose environment it has.
import { run } from "./client.mjs";

// Not awaited: a handler that leaves the event loop empty must reach `beforeExit`, and the exit code 0.
void run();
