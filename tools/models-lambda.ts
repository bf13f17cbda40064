import type { ModelFile } from "../src/protocol/model-file.ts";
import type { Traits } from "../src/protocol/schema.ts";

/** Lambda holds the names that layers are asked for by to the bounds of LayerName, and says its pattern (PublishLayerVersion, API reference, and as measured), whatever the published model has. */
export function holdLayerNames({ shapes }: ModelFile): void {
  const placeOf = (wanted: string) => shapes.findIndex(([kind, name]) => kind === "string" && name === wanted);
  const [asked, told] = [placeOf("LayerNameOrArn"), placeOf("LayerName")];
  if (asked < 0 || told < 0) throw new Error("Lambda's model has no LayerNameOrArn or no LayerName");
  shapes[asked] = ["string", "LayerNameOrArn", shapes[told]![2] as Traits];
}

/** Lambda itself looks at the name of a runtime, after everything else, and refuses with InvalidParameterValueException: its list is no constraint of the model. */
export function leaveRuntimeToLambda({ shapes }: ModelFile): void {
  const place = shapes.findIndex(([kind, name]) => kind === "string" && name === "Runtime");
  if (place < 0) throw new Error("Lambda's model has no Runtime");
  shapes[place] = ["string", "Runtime"];
}
