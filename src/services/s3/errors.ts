import { ApiError } from "../../kit/api-error.ts";

export const noSuchBucket = (bucket: string): ApiError =>
  new ApiError("NoSuchBucket", "The specified bucket does not exist", { status: 404, members: { BucketName: bucket } });

export const noSuchKey = (key: string): ApiError => new ApiError("NoSuchKey", "The specified key does not exist.", { status: 404, members: { Key: key } });

/** HEAD answers have no body, so AWS says only this. */
export const notFound = (): ApiError => new ApiError("NotFound", "Not Found", { status: 404 });

export const noSuchUpload = (uploadId: string): ApiError =>
  new ApiError("NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", {
    status: 404,
    members: { UploadId: uploadId },
  });

export const invalidArgument = (message: string, name: string, value: string | undefined): ApiError =>
  new ApiError("InvalidArgument", message, { status: 400, members: { ArgumentName: name, ...(value === undefined ? {} : { ArgumentValue: value }) } });

export const invalidRequest = (message: string): ApiError => new ApiError("InvalidRequest", message, { status: 400 });

export const accessDenied = (): ApiError => new ApiError("AccessDenied", "Access Denied", { status: 403 });

export const aclsAreOff = (): ApiError => new ApiError("AccessControlListNotSupported", "The bucket does not allow ACLs", { status: 400 });

export const malformedXml = (): ApiError =>
  new ApiError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema", { status: 400 });

export const preconditionFailed = (condition: string): ApiError =>
  new ApiError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { status: 412, members: { Condition: condition } });

/** A header that S3 itself does not take. */
export const unsupportedHeader = (header: string, detail?: string): ApiError =>
  new ApiError("NotImplemented", "A header you provided implies functionality that is not implemented", {
    status: 501, members: { Header: header, ...(detail === undefined ? {} : { additionalMessage: detail }) },
  });

/** An option that would change what S3 does, and that lambdad does not do yet. */
export const notBuilt = (what: string): ApiError =>
  new ApiError("NotImplemented", `${what} is not built in lambdad yet: leave it out of the request`, { status: 501 });
