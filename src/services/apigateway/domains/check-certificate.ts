import { parseArn } from "../../../kit/arn.ts";
import type { StoredDomainName } from "../../../plumber/apis/domain-names.ts";
import { badRequest } from "../errors.ts";
import type { Input } from "../needs.ts";

type Domain = Pick<StoredDomainName, "endpointType"> & { certificateArn: string | undefined; certificateName: string | undefined };

/** Of the kind that the domain's type has, and of its region. */
export const checkCertificate = (given: Input<"CreateDomainName">, { endpointType, certificateArn, certificateName }: Domain, region: string): void => {
  const isEdge = endpointType === "EDGE";
  if (certificateArn === undefined && certificateName === undefined) {
    const other = isEdge ? given.regionalCertificateArn : given.certificateArn;
    if (other !== undefined) throw badRequest(`Invalid request provided: Cannot import certificates for ${isEdge ? "REGIONAL" : "EDGE"} while ${endpointType} is active.`);
    throw badRequest(isEdge ? "Either certificateArn or certificateName must be specified" : "Either regionalCertificateArn or regionalCertificateName must be specified");
  }
  const arn = parseArn(certificateArn ?? "");
  if (!isEdge && arn?.service === "acm" && arn.region !== region) throw badRequest(`Invalid request provided: Invalid certificate ARN: ${certificateArn}. Certificate must be in '${region}'.`);
};
