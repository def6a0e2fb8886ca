DROP TABLE webhook_backlogs;
DROP TABLE webhook_endpoints;
DROP FUNCTION begin_webhook_backlog();
