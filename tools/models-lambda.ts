import type { ModelFile } from "../src/protocol/model-file.ts";

/** Lambda itself looks at the name of a runtime, after everything else, and refuses with InvalidParameterValueException: its list is no constraint of the model. */
export function leaveRuntimeToLambda({ shapes }: ModelFile): void {
  const place = shapes.findIndex(([kind, name]) => kind === "string" && name === "Runtime");
  if (place < 0) throw new Error("Lambda's model has no Runtime");
  shapes[place] = ["string", "Runtime"];
}
