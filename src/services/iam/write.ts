import type { Store } from "../../store/store.ts";
import type { IamNeeds } from "./service.ts";

/** Every write of IAM is seen by the next decision. */
export const createWrite =
  ({ store, identities }: Pick<IamNeeds, "store" | "identities">): Store["run"] =>
  async (operation) => {
    try {
      return await store.run(operation);
    } finally {
      identities.forget();
    }
  };
