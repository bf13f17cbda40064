import type { FunctionTarget, InvocationReport } from "../executor/executor.ts";
import { FUNCTIONS_MEASURED_MAX } from "../kit/limits/metrics.ts";
import { noMetrics, type Metrics, type Series } from "../kit/metrics.ts";
import type { FunctionPlace } from "./function-limits.ts";

const UNITS = {
  Invocations: "Count", Errors: "Count", Throttles: "Count", Duration: "Milliseconds", PostRuntimeExtensionsDuration: "Milliseconds", RecursiveInvocationsDropped: "Count",
  AsyncEventsReceived: "Count", AsyncEventAge: "Milliseconds", AsyncEventsDropped: "Count",
  ProvisionedConcurrencyInvocations: "Count", ProvisionedConcurrencySpilloverInvocations: "Count", ProvisionedConcurrentExecutions: "Count", ProvisionedConcurrencyUtilization: "None",
} as const;
type Name = keyof typeof UNITS;

/** What runs now, and the level of it for CloudWatch. */
interface Level {
  running: number;
  series: Series;
}

interface InRegion {
  all: Level;
  /** Of functions that have nothing reserved. */
  unreserved: Level;
  /** What nobody else can use: these, and what functions have set aside. */
  claimed: Series;
}

interface Measured {
  level: Level;
  region: InRegion;
  /** Of the function's versions and aliases, and of it without one. */
  levels: Map<string, Level>;
  /** By the ARN that it was invoked by, and the version that ran. */
  resources: Map<string, Resource>;
}

interface Resource {
  counters: Partial<Record<Name, Series>>;
  dimensions: readonly Record<string, string>[];
  provisioned: number;
}

/** By what a function was invoked. */
export interface Invoked extends FunctionPlace {
  invokedFunctionArn: string;
  /** That ran; undefined where none did. */
  version?: string;
}

/** An invocation that has its environment. */
export interface Begun {
  end(report?: Pick<InvocationReport, "outcome" | "durationMs" | "postRuntimeExtensionsMs">): void;
}

/** What becomes of an invocation's time in a REPORT line, and in metrics. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100;

export interface FunctionMetrics {
  /**
   * @param setAside Executions that functions of the account have reserved or provisioned in the region.
   * @param provisioned Of what it was invoked by, where that has some: whether it runs in one of them, and how many there are.
   */
  begin(invoked: Invoked, facts: { hasReservation: boolean; setAside: number; provisioned?: { isTaken: boolean; allocated: number } | undefined }): Begun;
  count(invoked: Invoked, name: "Throttles" | "RecursiveInvocationsDropped" | "AsyncEventsReceived" | "AsyncEventAge" | "AsyncEventsDropped", value: number): void;
}

/** Of the function; of what it was invoked by; of the version that ran, where that is an alias's; of all functions ("Viewing metrics for Lambda functions", developer guide). */
const dimensionsOf = (name: string, invokedFunctionArn: string, version: string | undefined): Record<string, string>[] => {
  const qualifier = invokedFunctionArn.split(":")[7];
  const resource = { FunctionName: name, Resource: qualifier === undefined ? name : `${name}:${qualifier}` };
  const isAlias = qualifier !== undefined && version !== undefined && qualifier !== version;
  return [{ FunctionName: name }, resource, ...(isAlias ? [{ ...resource, ExecutedVersion: version }] : []), {}];
};

/** AWS/Lambda ("Types of metrics for Lambda functions", developer guide). What is counted is kept at hand, so that a warm invocation adds numbers and makes nothing. */
export const createFunctionMetrics = (metrics: Metrics = noMetrics): FunctionMetrics => {
  const regions = new Map<string, InRegion>();
  const functions = new Map<string, Measured>();
  const recent = new Map<string, { measured: Measured; resource: Resource; version: string | undefined }>();

  const seriesOf = ({ account, region }: FunctionPlace, name: string, dimensions: Record<string, string>): Series => metrics.series({ account, region, namespace: "AWS/Lambda", name, dimensions, unit: "Count" });
  const levelOf = (place: FunctionPlace, name: string, dimensions: Record<string, string>): Level => ({ running: 0, series: seriesOf(place, name, dimensions) });
  const regionOf = (place: FunctionPlace): InRegion => {
    const key = `${place.account}/${place.region}`;
    let found = regions.get(key);
    if (found === undefined) regions.set(key, (found = { all: levelOf(place, "ConcurrentExecutions", {}), unreserved: levelOf(place, "UnreservedConcurrentExecutions", {}), claimed: seriesOf(place, "ClaimedAccountConcurrency", {}) }));
    return found;
  };
  /** One that runs nothing; it is measured anew, and nothing of it is lost. */
  const forgetOne = () => {
    const [idle] = [...functions].find(([, { level }]) => level.running === 0) ?? [];
    if (idle === undefined) return;
    functions.delete(idle);
    recent.clear();
  };
  const measuredOf = (place: FunctionPlace): Measured => {
    const key = `${place.account}/${place.region}/${place.name}`;
    let found = functions.get(key);
    if (found !== undefined) return found;
    if (functions.size >= FUNCTIONS_MEASURED_MAX) forgetOne();
    functions.set(key, (found = { level: levelOf(place, "ConcurrentExecutions", { FunctionName: place.name }), region: regionOf(place), levels: new Map(), resources: new Map() }));
    return found;
  };
  const resourceOf = ({ resources }: Measured, { name, invokedFunctionArn, version }: Invoked): Resource => {
    const key = version === undefined ? invokedFunctionArn : `${invokedFunctionArn} ${version}`;
    let found = resources.get(key);
    if (found !== undefined) return found;
    if (resources.size >= FUNCTIONS_MEASURED_MAX) resources.delete(resources.keys().next().value!);
    resources.set(key, (found = { counters: {}, dimensions: dimensionsOf(name, invokedFunctionArn, version), provisioned: 0 }));
    return found;
  };
  const levelBy = ({ levels }: Measured, invoked: Invoked, { dimensions }: Resource): Level => {
    const { FunctionName, Resource } = dimensions[1]!;
    let found = levels.get(Resource!);
    if (found === undefined) levels.set(Resource!, (found = levelOf(invoked, "ConcurrentExecutions", { FunctionName: FunctionName!, Resource: Resource! })));
    return found;
  };
  const add = ({ account, region }: FunctionPlace, { counters, dimensions }: Resource, name: Name, value: number) => {
    let series = counters[name];
    if (series === undefined) {
      const [own, ...also] = dimensions.map((one) => ({ account, region, namespace: "AWS/Lambda", name, dimensions: one, unit: UNITS[name] }));
      series = counters[name] = metrics.series(own!, ...also);
    }
    series.add(value);
  };
  /** What was found last by this ARN: seldom another version runs by it than did before. */
  const find = (invoked: Invoked): { measured: Measured; resource: Resource } => {
    const known = recent.get(invoked.invokedFunctionArn);
    if (known !== undefined && known.version === invoked.version) return known;
    const measured = measuredOf(invoked);
    const found = { measured, resource: resourceOf(measured, invoked), version: invoked.version };
    if (recent.size >= FUNCTIONS_MEASURED_MAX) recent.clear();
    recent.set(invoked.invokedFunctionArn, found);
    return found;
  };
  const enter = (level: Level) => level.series.add(++level.running);

  return {
    begin(invoked, { hasReservation, setAside, provisioned }) {
      const { measured, resource } = find(invoked);
      const isProvisioned = provisioned?.isTaken === true;
      const { level, region } = measured;
      const levels = [level, levelBy(measured, invoked, resource), region.all];
      if (!hasReservation && !isProvisioned) levels.push(region.unreserved);
      for (const one of levels) enter(one);
      region.claimed.add(region.unreserved.running + setAside);
      if (isProvisioned) {
        resource.provisioned++;
        add(invoked, resource, "ProvisionedConcurrencyInvocations", 1);
        add(invoked, resource, "ProvisionedConcurrentExecutions", resource.provisioned);
        add(invoked, resource, "ProvisionedConcurrencyUtilization", resource.provisioned / Math.max(1, provisioned.allocated));
      } else if (provisioned !== undefined) add(invoked, resource, "ProvisionedConcurrencySpilloverInvocations", 1);
      return {
        end(report) {
          for (const one of levels) one.running--;
          if (isProvisioned) resource.provisioned--;
          if (report === undefined) return;
          add(invoked, resource, "Invocations", 1);
          add(invoked, resource, "Errors", report.outcome.kind === "error" ? 1 : 0);
          add(invoked, resource, "Throttles", 0);
          add(invoked, resource, "Duration", rounded(report.durationMs));
          if (report.postRuntimeExtensionsMs !== undefined) add(invoked, resource, "PostRuntimeExtensionsDuration", rounded(report.postRuntimeExtensionsMs));
        },
      };
    },
    count(invoked, name, value) {
      add(invoked, find(invoked).resource, name, value);
    },
  };
};

/** As the metrics name it. */
export const invokedOf = ({ account, region, name, version }: FunctionTarget, invokedFunctionArn: string): Invoked => ({ account, region, name, version, invokedFunctionArn });
