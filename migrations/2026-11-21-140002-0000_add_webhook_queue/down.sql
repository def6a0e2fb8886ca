DROP FUNCTION tell_other_endpoints(uuid, uuid, text, timestamptz, jsonb);
DROP FUNCTION settle_webhooks(uuid, uuid, uuid[], uuid[], timestamptz[], text[], smallint[], integer[], timestamptz[], interval);
DROP FUNCTION prune_webhooks(timestamptz, integer);
DROP FUNCTION webhook_depth();
DROP FUNCTION take_webhooks(uuid, integer, integer, integer, integer);
DROP TRIGGER queue_webhooks ON events;
DROP FUNCTION queue_webhooks();
DROP FUNCTION public_id(uuid);
DROP FUNCTION webhook_type(text);
