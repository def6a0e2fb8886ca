/** API keys as `/v1/api-keys` shows them. */
export interface Key {
  id: string;
  name: string;
  prefix: string;
  environment: "live" | "sandbox";
  scopes: string[];
  networks: string[];
  defaultApplicationId?: string;
  enabled: boolean;
  createdAt: string;
  expiresAt?: string;
  revokedAt?: string;
  lastUsedAt?: string;
}

/** A new one, whose secret is shown this once. */
export interface CreatedKey extends Key {
  secret: string;
}

export const KEYS = "/v1/api-keys";
