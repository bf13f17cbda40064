import { FUNCTION_LAYERS_MAX, UNZIPPED_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { inspectZip } from "../../../kit/zip.ts";
import type { Operation } from "../../../store/store.ts";
import { invalid } from "../errors.ts";
import { layerArn, parseLayerVersionArn } from "../layers/layer-names.ts";
import { findLayerVersion } from "../layers/layer-state.ts";
import type { LambdaNeeds } from "../needs.ts";
import type { Deployment, FunctionLayer, Settings } from "./state.ts";

function* findLayer(arn: string, region: string): Operation<FunctionLayer> {
  const named = parseLayerVersionArn(arn);
  if (named !== undefined && named.region !== region) throw invalid(`Layers are not in the same region as the function. Layers are expected to be in region ${region}.`);
  const found = named === undefined ? undefined : yield* findLayerVersion(named);
  if (found === undefined) throw invalid(`Layer version ${arn} does not exist.`);
  return { Arn: found.arn, CodeSize: found.code.size, blobId: found.code.blobId, sha256Base64: found.code.sha256Base64, unzippedBytes: found.unzippedBytes };
}

const layerOf = (arn: string): string => layerArn(parseLayerVersionArn(arn)!);

/**
 * The settings with the layers of a request: none when it says nothing of them, and an empty list takes them away. In the commit that
 * configures the function: what it names then is kept for it. Whether the caller may use a layer was asked before.
 */
export function* withLayers(settings: Settings, arns: readonly string[] | undefined, { region }: { region: string }): Operation<Settings> {
  if (arns === undefined) return settings;
  const { Layers: _before, ...rest } = settings;
  if (arns.length === 0) return rest;
  if (arns.length > FUNCTION_LAYERS_MAX) throw invalid(`Cannot reference more than ${FUNCTION_LAYERS_MAX} layers.`);
  const layers: FunctionLayer[] = [];
  for (const arn of arns) {
    const layer = yield* findLayer(arn, region);
    const other = layers.find(({ Arn }) => layerOf(Arn) === layerOf(layer.Arn));
    if (other !== undefined) {
      throw invalid(`Two different versions of the same layer are not allowed to be referenced in the same function. ${other.Arn} and ${layer.Arn} are versions of the same layer.`);
    }
    layers.push(layer);
  }
  return { ...rest, Layers: layers };
}

/** Bytes of a function's package, counted where layers are about to be added to it. */
export const unzippedBytesOf = async ({ blobs }: LambdaNeeds, { blobId }: Deployment["code"], arns: readonly string[] | undefined): Promise<number> =>
  arns === undefined || arns.length === 0 ? 0 : (await inspectZip(blobs.path(blobId))).unzippedBytes;

/** @param codeBytes Of the function's own package, unzipped. */
export const checkUnzippedSize = ({ Layers = [] }: Settings, codeBytes: number): void => {
  const bytes = Layers.reduce((sum, { unzippedBytes }) => sum + unzippedBytes, codeBytes);
  if (bytes > UNZIPPED_BYTES_MAX) throw invalid(`Function code combined with layers exceeds the maximum allowed size of ${UNZIPPED_BYTES_MAX} bytes. The actual size is ${bytes} bytes.`);
};
