// AWS has two Node.js runtime clients: 3.x up to nodejs22.x, with callbacks, and 4.x from nodejs24.x on, without. The function's runtime decides.

/** From nodejs24.x on. */
export let isModern;

export const readGeneration = () => {
  const major = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "")?.[1] ?? 24);
  isModern = major >= 24;
};
