import type { DomainName } from "@aws-sdk/client-api-gateway";
import { DOMAIN, MAPPING, mappingItemId, regionalTarget, type StoredDomainName } from "../../../plumber/apis/domain-names.ts";
import { deleteItem, findItem, findItemAnywhere, listItems, saveItem, type Place } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, conflict, notBuilt, notIdentified } from "../errors.ts";
import { toDate, type Input, type RestHandlers } from "../needs.ts";
import { cutPage, readPage } from "../pages.ts";
import type { ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { asOneOf, member, required } from "../patch/rules.ts";
import { checkTags } from "../tag-rules.ts";
import { checkCertificate } from "./check-certificate.ts";
import { listMappings } from "./mapping-rows.ts";

/** CloudFront's zone, of every EDGE domain. */
const EDGE_ZONE = "Z2FDTNDATAQYW2";
const NAME = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function* getDomain(place: Place, name: string | undefined): Operation<StoredDomainName> {
  const domain = yield* findItem<StoredDomainName>(place, DOMAIN, name!.toLowerCase());
  if (domain === undefined) throw notIdentified("domain name");
  return domain;
}

/** Where its DNS record would point to on AWS, and by which certificate. */
const showEndpoint = (place: Place, { name, endpointType, certificateArn, certificateName, createdAt }: StoredDomainName): DomainName => {
  const { domainName, hostedZoneId } = regionalTarget(place, name);
  const uploaded = { certificateUploadDate: toDate(createdAt) };
  return endpointType === "EDGE"
    ? { certificateArn, certificateName, ...uploaded, distributionDomainName: `${domainName.split(".")[0]!.slice(2)}.cloudfront.net`, distributionHostedZoneId: EDGE_ZONE }
    : { regionalCertificateArn: certificateArn, regionalCertificateName: certificateName, ...uploaded, regionalDomainName: domainName, regionalHostedZoneId: hostedZoneId };
};

const show = (place: Place, domain: StoredDomainName): DomainName => ({
  domainName: domain.name,
  domainNameArn: `arn:aws:apigateway:${place.region}::/domainnames/${domain.name}`,
  ...showEndpoint(place, domain),
  endpointConfiguration: { types: [domain.endpointType], ipAddressType: domain.ipAddressType },
  domainNameStatus: "AVAILABLE",
  securityPolicy: domain.securityPolicy as DomainName["securityPolicy"],
  ownershipVerificationCertificateArn: domain.ownershipVerificationCertificateArn,
  routingMode: "BASE_PATH_MAPPING_ONLY",
  tags: domain.tags,
});

const refuseUnbuilt = ({ mutualTlsAuthentication: tls, endpointConfiguration, policy, routingMode, endpointAccessMode, certificateBody, certificatePrivateKey }: Input<"CreateDomainName">): void => {
  if (tls?.truststoreUri !== undefined && tls.truststoreUri !== "") throw notBuilt("mutualTlsAuthentication", "TLS ends before lambdad: let what ends it ask for certificates");
  if (endpointConfiguration?.types?.includes("PRIVATE") === true || policy !== undefined) throw notBuilt("A private domain name", "there are no VPC endpoints");
  if (routingMode !== undefined && routingMode !== "BASE_PATH_MAPPING_ONLY") throw notBuilt(`The routing mode ${routingMode}`, "use base path mappings");
  if (endpointAccessMode === "STRICT") throw notBuilt("The endpoint access mode STRICT", "it is about TLS, which ends before lambdad");
  if (certificateBody !== undefined || certificatePrivateKey !== undefined) throw notBuilt("A certificate that is uploaded", "TLS ends before lambdad, and its private key has no use here; name a certificate by its ARN");
};

const domainFrom = (input: Input<"CreateDomainName">, { region }: Place, createdAt: number): StoredDomainName => {
  const { domainName = "", endpointConfiguration, securityPolicy = "TLS_1_2", ownershipVerificationCertificateArn, tags = {} } = input;
  const name = domainName.toLowerCase();
  if (name.startsWith("*.")) throw notBuilt("A wildcard domain name", "make one for each name");
  if (!NAME.test(name) || name.length > 253) throw badRequest("Invalid domain name specified");
  const types = endpointConfiguration?.types ?? ["EDGE"];
  if (types.length > 1) throw badRequest("Cannot create a domain name with multiple Endpoint Types.");
  const endpointType = types[0] === "REGIONAL" ? "REGIONAL" : "EDGE";
  const certificateArn = endpointType === "EDGE" ? input.certificateArn : input.regionalCertificateArn;
  const certificateName = endpointType === "EDGE" ? input.certificateName : input.regionalCertificateName;
  checkCertificate(input, { endpointType, certificateArn, certificateName }, region);
  return {
    name,
    endpointType,
    ipAddressType: endpointConfiguration?.ipAddressType ?? "ipv4",
    ...(certificateArn === undefined ? {} : { certificateArn }),
    ...(certificateName === undefined ? {} : { certificateName }),
    ...(ownershipVerificationCertificateArn === undefined ? {} : { ownershipVerificationCertificateArn }),
    securityPolicy,
    tags: checkTags(tags),
    createdAt,
  };
};

const named = (name: string) => ({ at: () => [name] });

const rules: Rules<StoredDomainName> = {
  "/certificateArn": member(undefined, named("certificateArn")),
  "/certificateName": member(undefined, named("certificateName")),
  "/regionalCertificateArn": member(undefined, named("certificateArn")),
  "/regionalCertificateName": member(undefined, named("certificateName")),
  "/ownershipVerificationCertificateArn": member(undefined, { ops: ["replace", "remove"] }),
  "/securityPolicy": required("Security policy"),
  "/endpointConfiguration/types/{type}": member(asOneOf("EDGE", "REGIONAL"), named("endpointType")),
  "/endpointConfiguration/ipAddressType": member(asOneOf("ipv4", "dualstack"), named("ipAddressType")),
  "/mutualTlsAuthentication/truststoreUri": {
    ops: ["add", "replace", "remove"],
    apply: (_domain, { value }) => refuseUnbuilt({ domainName: "", mutualTlsAuthentication: { truststoreUri: value } }),
  },
};

export const domainNameHandlers = ({ store, clock }: ServiceParts) =>
  ({
    async CreateDomainName(input, context) {
      refuseUnbuilt(input);
      const domain = domainFrom(input, context, clock.now());
      await store.run(function* () {
        if ((yield* findItemAnywhere(DOMAIN, domain.name)) !== undefined) throw conflict("The domain name you provided already exists.");
        yield* saveItem(context, DOMAIN, domain.name, domain);
      });
      return show(context, domain);
    },

    async GetDomainName({ domainName }, context) {
      return show(context, await store.run(() => getDomain(context, domainName)));
    },

    async GetDomainNames(input, context) {
      const { after, most } = readPage(input);
      const domains = input.resourceOwner === "OTHER_ACCOUNTS" ? [] : await store.run(() => listItems<StoredDomainName>(context, DOMAIN, after, most + 1));
      return cutPage(domains, most, ({ id }) => id, ({ body }) => show(context, body));
    },

    async UpdateDomainName({ domainName, patchOperations }, context) {
      return store.run(function* () {
        const domain = applyPatches(yield* getDomain(context, domainName), rules, patchOperations);
        yield* saveItem(context, DOMAIN, domain.name, domain);
        return show(context, domain);
      });
    },

    /** With its mappings. */
    async DeleteDomainName({ domainName }, context) {
      await store.run(function* () {
        const { name } = yield* getDomain(context, domainName);
        for (const mapping of yield* listMappings(context, name)) yield* deleteItem(context, MAPPING, mappingItemId(mapping));
        yield* deleteItem(context, DOMAIN, name);
      });
      return {};
    },
  }) satisfies RestHandlers;
