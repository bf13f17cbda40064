import { testMappings } from "./event-source-mapping.ts";
import { testEveryResource } from "./every-resource.ts";
import { testExample } from "./example.ts";
import { testHttpApis } from "./http-apis.ts";
import { testQueues } from "./queues.ts";
import { testRestApis } from "./rest-apis.ts";

// At the same time, each in the order of its steps: Terraform waits most of its time, for what it has changed to be told everywhere.
testMappings();
testEveryResource();
testExample();
testHttpApis();
testQueues();
testRestApis();
