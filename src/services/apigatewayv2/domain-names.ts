import type { DomainName, DomainNameConfiguration } from "@aws-sdk/client-apigatewayv2";
import { parseArn } from "../../kit/arn.ts";
import { DOMAIN, MAPPING, mappingItemId, regionalTarget, type StoredDomainName } from "../../plumber/apis/domain-names.ts";
import { deleteItem, findItem, findItemAnywhere, listItems, saveItem, type Place } from "../../plumber/apis/rows.ts";
import type { Operation } from "../../store/store.ts";
import { listMappings } from "./api-mapping-rows.ts";
import { badRequest, conflict, notBuilt, notIdentified } from "./errors.ts";
import type { ApiHandlers, Needs } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";
import { checkTags } from "./tag-rules.ts";

const NAME = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const NAME_MAX = 253;

export function* getDomain(place: Place, name: string): Operation<StoredDomainName> {
  const domain = yield* findItem<StoredDomainName>(place, DOMAIN, name.toLowerCase());
  if (domain === undefined) throw notIdentified("domain name");
  return domain;
}

export const domainArn = ({ region }: Pick<Place, "region">, name: string): string => `arn:aws:apigateway:${region}::/domainnames/${name}`;

const describe = (place: Place, domain: StoredDomainName): DomainName => {
  const target = regionalTarget(place, domain.name);
  return {
    DomainName: domain.name,
    DomainNameArn: domainArn(place, domain.name),
    ApiMappingSelectionExpression: "$request.basepath",
    DomainNameConfigurations: [
      {
        ApiGatewayDomainName: target.domainName,
        HostedZoneId: target.hostedZoneId,
        DomainNameStatus: "AVAILABLE",
        EndpointType: domain.endpointType,
        IpAddressType: domain.ipAddressType,
        SecurityPolicy: domain.securityPolicy as DomainNameConfiguration["SecurityPolicy"],
        CertificateArn: domain.certificateArn,
        CertificateName: domain.certificateName,
        OwnershipVerificationCertificateArn: domain.ownershipVerificationCertificateArn,
      },
    ],
    RoutingMode: "API_MAPPING_ONLY",
    Tags: domain.tags,
  };
};

const checkName = (name: string): string => {
  if (name.includes("_")) throw badRequest("Domain names cannot contain an underscore character");
  if (!NAME.test(name) || name.length > NAME_MAX) throw badRequest("Invalid domain name specified");
  if (name.startsWith("*.")) throw notBuilt("A wildcard domain name", "make one for each name");
  return name.toLowerCase();
};

/** Certificates are kept and told: TLS ends before lambdad. */
const configured = (given: readonly DomainNameConfiguration[] | undefined, { region }: Pick<Place, "region">, before?: StoredDomainName): Omit<StoredDomainName, "name" | "tags" | "createdAt"> => {
  if (given === undefined && before !== undefined) return before;
  if (given?.length !== 1) throw badRequest("Exactly one domain name configuration must be specified");
  const { CertificateArn, CertificateName, EndpointType = "REGIONAL", SecurityPolicy = "TLS_1_2", IpAddressType = "ipv4", OwnershipVerificationCertificateArn } = given[0]!;
  if (EndpointType !== "REGIONAL") throw badRequest(`${EndpointType} endpoint type is not supported for APIGatewayV2 domainName`);
  if (CertificateArn === undefined && before?.certificateArn === undefined) throw badRequest("A certificate ARN of AWS Certificate Manager must be specified for a REGIONAL domain name");
  const certificateArn = CertificateArn ?? before!.certificateArn!;
  const arn = parseArn(certificateArn);
  if (arn?.service === "acm" && arn.region !== region) throw badRequest(`Invalid certificate ARN: ${certificateArn}. Certificate must be in '${region}'.`);
  return {
    endpointType: EndpointType,
    ipAddressType: IpAddressType,
    securityPolicy: SecurityPolicy,
    certificateArn,
    ...(CertificateName === undefined ? {} : { certificateName: CertificateName }),
    ...(OwnershipVerificationCertificateArn === undefined ? {} : { ownershipVerificationCertificateArn: OwnershipVerificationCertificateArn }),
  };
};

const refuseUnbuilt = ({ MutualTlsAuthentication: tls, RoutingMode: mode }: { MutualTlsAuthentication?: { TruststoreUri?: string | undefined } | undefined; RoutingMode?: string | undefined }) => {
  if (tls?.TruststoreUri !== undefined && tls.TruststoreUri !== "") throw notBuilt("MutualTlsAuthentication", "TLS ends before lambdad: let what ends it ask for certificates");
  if (mode !== undefined && mode !== "API_MAPPING_ONLY") throw notBuilt(`RoutingMode ${mode}`, "use API mappings");
};

export const domainNameHandlers = ({ store, clock }: Needs) =>
  ({
    async CreateDomainName(input, context) {
      const name = checkName(input.DomainName!);
      refuseUnbuilt(input);
      checkTags(input.Tags);
      const domain: StoredDomainName = { name, ...configured(input.DomainNameConfigurations, context), tags: input.Tags ?? {}, createdAt: clock.now() };
      await store.run(function* () {
        if ((yield* findItemAnywhere(DOMAIN, name)) !== undefined) throw conflict("The domain name you provided already exists.");
        yield* saveItem(context, DOMAIN, name, domain);
      });
      return describe(context, domain);
    },
    async GetDomainName(input, context) {
      return describe(context, await store.read(() => getDomain(context, input.DomainName!)));
    },
    async GetDomainNames(input, context) {
      const { after, most } = readPage(input);
      const domains = await store.read(() => listItems<StoredDomainName>(context, DOMAIN, after, most + 1));
      return cutPage(domains, most, ({ id }) => id, ({ body }) => describe(context, body));
    },
    async UpdateDomainName(input, context) {
      refuseUnbuilt(input);
      return describe(
        context,
        await store.run(function* () {
          const before = yield* getDomain(context, input.DomainName!);
          const domain: StoredDomainName = { ...configured(input.DomainNameConfigurations, context, before), name: before.name, tags: before.tags, createdAt: before.createdAt };
          yield* saveItem(context, DOMAIN, domain.name, domain);
          return domain;
        }),
      );
    },
    /** With its mappings. */
    async DeleteDomainName(input, context) {
      await store.run(function* () {
        const { name } = yield* getDomain(context, input.DomainName!);
        for (const mapping of yield* listMappings(context, name)) yield* deleteItem(context, MAPPING, mappingItemId(mapping));
        yield* deleteItem(context, DOMAIN, name);
      });
    },
  }) satisfies ApiHandlers;
