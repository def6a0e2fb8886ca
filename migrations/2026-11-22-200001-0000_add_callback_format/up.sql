-- Callbacks of single sessions, as 8x8 posts them, wait and are retried like everything else that a tenant is told: as messages
-- to one endpoint of the tenant that has no address of its own. Where a message goes is sealed in its PIN's record.
ALTER TABLE webhook_endpoints
    DROP CONSTRAINT webhook_endpoints_format_check,
    ADD CONSTRAINT webhook_endpoints_format_check CHECK (format IN ('standard', 'vonage', 'eight_x_eight')) NOT VALID;
CREATE UNIQUE INDEX callbacks_of_tenant ON webhook_endpoints (tenant_id) WHERE format = 'eight_x_eight';

-- One receiver that is gone says nothing of the others: this endpoint is switched off by its tenant alone.
CREATE FUNCTION keep_callbacks() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    NEW.failing_since := NULL;
    IF NEW.disabled_reason IN ('gone', 'failing') THEN
        NEW.is_enabled := true;
        NEW.disabled_reason := NULL;
        NEW.disabled_at := NULL;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION keep_callbacks() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_callbacks() TO pinfold_app;

CREATE TRIGGER keep_callbacks BEFORE UPDATE ON webhook_endpoints
    FOR EACH ROW WHEN (NEW.format = 'eight_x_eight') EXECUTE FUNCTION keep_callbacks();
