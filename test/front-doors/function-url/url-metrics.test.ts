import { expect, it } from "vitest";
import { createUrlMetrics } from "../../../src/gateway/front-doors/function-url/url-metrics.ts";
import type { FunctionUrlRecord } from "../../../src/services/lambda/urls/function-url-rows.ts";
import { createCounted } from "../../support/counted.ts";

it("counts requests to functions' URLs, by function and by what the URL is of", () => {
  const { metrics, values, units } = createCounted();
  const count = createUrlMetrics({ metrics });
  const url = (urlId: string, qualifier: string) => ({ urlId, account: "000000000000", region: "us-east-1", name: "f", qualifier }) as FunctionUrlRecord;
  count(url("a", "$LATEST"), 200, 5);
  count(url("b", "live"), 403, 1);
  count(url("b", "live"), 502, 9);
  expect(values["UrlRequestCount{FunctionName=f}"]).toEqual([1, 1, 1]);
  expect(values["Url4xxCount{FunctionName=f,Resource=f:live}"]).toEqual([1, 0]);
  expect(values["Url5xxCount{FunctionName=f,Resource=f:live}"]).toEqual([0, 1]);
  expect(values["UrlRequestLatency{FunctionName=f,Resource=f}"]).toEqual([5]);
  expect(values["UrlRequestLatency{}"]).toEqual([5, 1, 9]);
  expect(units).toMatchObject({ UrlRequestCount: "Count", UrlRequestLatency: "Milliseconds" });
});
