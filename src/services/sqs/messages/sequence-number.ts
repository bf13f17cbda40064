/** Twenty digits that grow: those of AWS begin with 188. */
export const sequenceNumber = (sequence: number): string => `188${String(sequence).padStart(17, "0")}`;
