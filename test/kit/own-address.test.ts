import { expect, it } from "vitest";
import { ownHost } from "../../src/kit/own-address.ts";

it.each([
  ["", "localhost"],
  ["http://127.0.0.1:4566", "localhost:4566"],
  ["http://apigateway.eu-west-1.localhost:4566", "localhost:4566"],
  ["https://apigateway.eu-west-1.amazonaws.com", "amazonaws.com"],
  ["http://apigateway.eu-west-1.lambdad.test", "lambdad.test"],
  ["http://lambdad.test:8080", "lambdad.test:8080"],
])("an API is below the name that the client called us by: %s", (endpoint, base) => {
  expect(ownHost("a.execute-api.eu-west-1", "amazonaws.com", endpoint)).toBe(`a.execute-api.eu-west-1.${base}`);
});
