import { describe, it } from "vitest";
import { hasTerraform, NO_TERRAFORM } from "../support/terraform.ts";
import { useDeployment } from "./deployment.ts";
import { mappings } from "./event-source-mapping.ts";
import { events } from "./events.ts";
import { everyResource } from "./every-resource.ts";
import { example } from "./example.ts";
import { httpApis } from "./http-apis.ts";
import { pipes } from "./pipes.ts";
import { observing } from "./observing.ts";
import { queues } from "./queues.ts";
import { restApis } from "./rest-apis.ts";
import { schedules } from "./schedules.ts";

/** Each a module of one configuration: the AWS provider alone takes seconds for each command. */
const SUITES = [events, everyResource, example, httpApis, mappings, observing, pipes, queues, restApis, schedules, topics];
import { topics } from "./topics.ts";

/** Each a module of one configuration: the AWS provider alone takes seconds for each command. */
/** The provider looks at a queue six and fifteen times, with seconds in between, before it believes what it has set or deleted. */
const OPTIONS = { timeout: 400_000 };

describe.skipIf(!hasTerraform)(`Terraform, as a user of IAM${NO_TERRAFORM}`, () => {
  const here = SUITES.filter(({ missing }) => missing === undefined);
  const deployment = useDeployment(here);
  const each = (step: "first" | "applied" | "changed" | "destroyed") => {
    for (const suite of here) if (suite[step] !== undefined) describe(suite.title, () => suite[step]!(deployment.module(suite)));
  };

  for (const { title, missing } of SUITES) if (missing !== undefined) describe.skip(`${title} (skipped: ${missing})`, () => it("is tried", () => {}));

  it("runs apply, for all modules at once", OPTIONS, () => deployment.applyFirst());
  each("first");
  it("runs apply again, with what was repaired, and a plan that has no change", OPTIONS, () => deployment.applyAgain());
  each("applied");
  it("runs state rm, apply with imports and changes, and a plan that has no change", OPTIONS, () => deployment.change());
  each("changed");
  it("runs destroy", OPTIONS, () => deployment.destroy());
  each("destroyed");
});
