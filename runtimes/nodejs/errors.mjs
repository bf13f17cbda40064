/** An error of the runtime's own, by AWS's name. */
export const runtimeError = (type, message) => Object.assign(new Error(message), { name: type });

/** `{ errorType, errorMessage, trace }`, as AWS reports it. */
export const describeError = (error) => {
  if (!(error instanceof Error) && Object.prototype.toString.call(error) !== "[object Error]") {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const text = error.stack ?? "";
  return { errorType: (error.name ?? "Error").replaceAll("\x7f", "%7F"), errorMessage: error.message, trace: text === "" ? [] : text.replaceAll("\x7f", "%7F").split("\n") };
};
