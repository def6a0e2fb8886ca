import type { Schemas } from "./client";

/** What operators see, as `/v1/operator/…` shows it. */
export type TenantFigures = Schemas["TenantFigures"];
export type PlatformProcess = Schemas["PlatformProcess"];
export type PlatformPartition = Schemas["PlatformPartition"];
export type DeadLetter = Schemas["DeadLetter"];

export const TENANTS = "/v1/operator/tenants";
export const HEALTH = "/v1/operator/health";
export const DEAD_LETTERS = "/v1/operator/dead-letters";
