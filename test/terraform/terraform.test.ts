// All at the same time, each in the order of its steps: Terraform waits most of its time, for what it has changed to be told everywhere.
import "./event-source-mapping.ts";
import "./every-resource.ts";
import "./example.ts";
import "./queues.ts";
