import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const LONGEST = /\/terraform\.test\.ts$/;

/** What looks at its own process, or has many of its own: each file has one to itself. All others come one after the other in one that has loaded the platform and the SDK already: what a file starts there, it ends. */
const ALONE = ["test/{cli,executor,package,sandbox,security,story,terraform}/**/*.test.ts", "test/lambda/descriptors.test.ts"];

/** The longest first, so that nobody waits for it at the end; those that share a process last, in a row, as it is kept only for the next one. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => (LONGEST.test(moduleId) ? 0 : project.config.isolate ? 1 : 2);
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "alone", include: ALONE } },
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: ALONE, isolate: false } },
    ],
  },
});
