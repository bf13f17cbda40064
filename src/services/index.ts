import { once } from "../kit/once.ts";
import type { Engines } from "./engines.ts";
import type { Service } from "./service.ts";

/** A service as the gateway holds it: loaded on its first request. */
export type LazyService = () => Promise<Service<never>>;

/** What a platform is made of, as far as services need it; each takes what it destructures. */
export type ServiceNeeds = Parameters<typeof import("./lambda/service.ts").createLambdaService>[0] &
  Parameters<typeof import("./s3/service.ts").createS3Service>[0] &
  Parameters<typeof import("./iam/service.ts").createIamService>[0] &
  Parameters<typeof import("./sts/service.ts").createStsService>[0] &
  Parameters<typeof import("./apigateway/service.ts").createApiGatewayService>[0] &
  Parameters<typeof import("./apigatewayv2/service.ts").createApiGatewayV2Service>[0] & {
    engines: Engines;
    /** Logs are history: bounded, and apart from the state that promises durability. */
    history: Parameters<typeof import("./logs/service.ts").createLogsService>[0]["store"];
    metrics: Parameters<typeof import("./logs/service.ts").createLogsService>[0]["metrics"];
    forwarding: Parameters<typeof import("./logs/service.ts").createLogsService>[0]["forwarding"];
  };

/** One line per service that is built; all the others answer NotImplemented. */
export const createServices = (needs: ServiceNeeds): Record<string, LazyService> => ({
  lambda: once(async () => (await import("./lambda/service.ts")).createLambdaService(needs)),
  s3: once(async () => (await import("./s3/service.ts")).createS3Service(needs)),
  iam: once(async () => (await import("./iam/service.ts")).createIamService(needs)),
  sts: once(async () => (await import("./sts/service.ts")).createStsService(needs)),
  monitoring: once(async () => (await import("./monitoring/service.ts")).createMonitoringService((await needs.engines.monitoring()).parts)),
  sqs: once(async () => (await import("./sqs/service.ts")).createSqsService((await needs.engines.sqs()).parts)),
  events: once(async () => (await import("./events/service.ts")).createEventsService((await needs.engines.events()).parts)),
  scheduler: once(async () => (await import("./scheduler/service.ts")).createSchedulesService((await needs.engines.scheduler()).parts)),
  sns: once(async () => (await import("./sns/service.ts")).createSnsService((await needs.engines.sns()).parts)),
  pipes: once(async () => (await import("./pipes/service.ts")).createPipesService((await needs.engines.pipes()).parts)),
  apigateway: once(async () => (await import("./apigateway/service.ts")).createApiGatewayService(needs)),
  apigatewayv2: once(async () => (await import("./apigatewayv2/service.ts")).createApiGatewayV2Service(needs)),
  logs: once(async () => (await import("./logs/service.ts")).createLogsService({ store: needs.history, clock: needs.clock, random: needs.random, call: needs.call, metrics: needs.metrics, forwarding: needs.forwarding })),
});
