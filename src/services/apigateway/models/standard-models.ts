/** The models that each REST API has. */
export const standardModels = () => [
  {
    name: "Empty",
    description: "This is a default empty schema model",
    contentType: "application/json",
    schema: JSON.stringify({ $schema: "http://json-schema.org/draft-04/schema#", title: "Empty Schema", type: "object" }, undefined, 2),
  },
  {
    name: "Error",
    description: "This is a default error schema model",
    contentType: "application/json",
    schema: JSON.stringify({ $schema: "http://json-schema.org/draft-04/schema#", title: "Error Schema", type: "object", properties: { message: { type: "string" } } }, undefined, 2),
  },
];
