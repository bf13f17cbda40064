import type { ApiDoor } from "../apis.ts";
import type { FrontDoorNeeds } from "../needs.ts";

export const createWebSocketApis = (_needs: FrontDoorNeeds): ApiDoor => async () => ({ status: 501, headers: { "content-type": "application/json" }, body: '{"message":"not built yet"}' });
