DROP TRIGGER keep_callbacks ON webhook_endpoints;
DROP FUNCTION keep_callbacks();
DROP INDEX callbacks_of_tenant;
DELETE FROM webhook_endpoints WHERE format = 'eight_x_eight';
ALTER TABLE webhook_endpoints
    DROP CONSTRAINT webhook_endpoints_format_check,
    ADD CONSTRAINT webhook_endpoints_format_check CHECK (format IN ('standard', 'vonage'));
