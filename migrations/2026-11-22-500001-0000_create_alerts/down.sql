DROP FUNCTION prune_decisions(timestamptz);
DROP FUNCTION record_fraud_decisions(text[], timestamptz[], uuid[], uuid[], text[], text[], uuid[], text[], text[], integer[], jsonb[]);
DROP TRIGGER list_cap_alert ON cap_alerts;
DROP FUNCTION list_cap_alert();
DROP FUNCTION raise_alert(uuid, text, text, jsonb, interval, boolean);
DROP FUNCTION tell_endpoints(uuid, text, timestamptz, jsonb);
DROP TABLE alert_mutes;
DROP TABLE alerts;
